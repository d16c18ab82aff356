#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::exporter::procfs {

/// The lines of /proc/net/rpc/nfs and nfsd by their first word: "net 18628 0 18628 6"; of "th" the first two numbers.
/// False when a line has no number, something else, or fewer than it should.
using RpcStatistics = std::map<std::string, std::vector<double>, std::less<>>;
bool ParseRpcStatistics(std::string_view content, RpcStatistics& lines);

/// Value `index` of a line; 0 when there is none, as with kernels that know fewer operations.
double RpcValue(const RpcStatistics& lines, std::string_view line, size_t index);

/// The procedures of NFS versions 2 (RFC 1094) and 3 (RFC 1813) in the order of their numbers.
std::vector<const char*> NfsProcedures(int version);

}  // namespace tidemark::exporter::procfs
