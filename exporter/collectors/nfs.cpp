// Calls of the NFS client, from /proc/net/rpc/nfs (the kernel's net/sunrpc/stats.c).

#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/rpc_statistics.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

/// Operations of version 4 in the order of fs/nfs/nfs4xdr.c.
constexpr const char* kVersion4[] = {"Null",
                                     "Read",
                                     "Write",
                                     "Commit",
                                     "Open",
                                     "OpenConfirm",
                                     "OpenNoattr",
                                     "OpenDowngrade",
                                     "Close",
                                     "Setattr",
                                     "FsInfo",
                                     "Renew",
                                     "SetClientID",
                                     "SetClientIDConfirm",
                                     "Lock",
                                     "Lockt",
                                     "Locku",
                                     "Access",
                                     "Getattr",
                                     "Lookup",
                                     "LookupRoot",
                                     "Remove",
                                     "Rename",
                                     "Link",
                                     "Symlink",
                                     "Create",
                                     "Pathconf",
                                     "StatFs",
                                     "ReadLink",
                                     "ReadDir",
                                     "ServerCaps",
                                     "DelegReturn",
                                     "GetACL",
                                     "SetACL",
                                     "FsLocations",
                                     "ReleaseLockowner",
                                     "Secinfo",
                                     "FsidPresent",
                                     "ExchangeID",
                                     "CreateSession",
                                     "DestroySession",
                                     "Sequence",
                                     "GetLeaseTime",
                                     "ReclaimComplete",
                                     "LayoutGet",
                                     "GetDeviceInfo",
                                     "LayoutCommit",
                                     "LayoutReturn",
                                     "SecinfoNoName",
                                     "TestStateID",
                                     "FreeStateID",
                                     "GetDeviceList",
                                     "BindConnToSession",
                                     "DestroyClientID",
                                     "Seek",
                                     "Allocate",
                                     "DeAllocate",
                                     "LayoutStats",
                                     "Clone"};

class NfsCollector final : public Collector {
 public:
  explicit NfsCollector(const CollectorContext& context) : path_(context.paths.Proc("net/rpc/nfs")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const int error = ReadFile(path_, 1 << 20, content_);
    if (error == ENOENT) return CollectStatus::NoDriver("no NFS client: " + path_);
    if (error != 0) return CollectStatus::Unreadable(path_, error);
    procfs::RpcStatistics lines;
    if (!procfs::ParseRpcStatistics(content_, lines)) return CollectStatus::Failed("malformed line in " + path_);
    const auto value = [&](const char* line, size_t index) { return procfs::RpcValue(lines, line, index); };
    writer.Family("node_nfs_packets_total", "Total NFSd network packets (sent+received) by protocol type.",
                  MetricType::kCounter);
    writer.Sample({{"protocol", "udp"}}, value("net", 1));
    writer.Sample({{"protocol", "tcp"}}, value("net", 2));
    writer.Single("node_nfs_connections_total", "Total number of NFSd TCP connections.", MetricType::kCounter,
                  value("net", 3));
    writer.Single("node_nfs_rpcs_total", "Total number of RPCs performed.", MetricType::kCounter, value("rpc", 0));
    writer.Single("node_nfs_rpc_retransmissions_total", "Number of RPC transmissions performed.", MetricType::kCounter,
                  value("rpc", 1));
    writer.Single("node_nfs_rpc_authentication_refreshes_total", "Number of RPC authentication refreshes performed.",
                  MetricType::kCounter, value("rpc", 2));
    writer.Family("node_nfs_requests_total", "Number of NFS procedures invoked.", MetricType::kCounter);
    // The first number of these lines says how many follow.
    for (const int version : {2, 3}) {
      const std::string number = std::to_string(version);
      size_t index = 1;
      for (const char* method : procfs::NfsProcedures(version))
        writer.Sample({{"method", method}, {"proto", number}}, value(version == 2 ? "proc2" : "proc3", index++));
    }
    size_t index = 1;
    for (const char* method : kVersion4) writer.Sample({{"method", method}, {"proto", "4"}}, value("proc4", index++));
    return CollectStatus::Ok();
  }

 private:
  const std::string path_;
  std::string content_;
};

TIDEMARK_COLLECTOR(nfs, {.name = "nfs", .enabled_by_default = true, .flags = {}, .create = Create<NfsCollector>});

}  // namespace
}  // namespace tidemark::exporter
