#include "exporter/procfs/rpc_statistics.h"

#include <cstdint>
#include <utility>

#include "exporter/procfs/scanner.h"

namespace tidemark::exporter::procfs {
namespace {

/// Whether a line has all its numbers. How many there are of procedures its first one says.
bool IsWhole(std::string_view name, const std::vector<double>& values) {
  if (name.starts_with("proc")) return values[0] == static_cast<double>(values.size() - 1);
  constexpr std::pair<std::string_view, size_t> kLeast[] = {{"rc", 3},  {"fh", 5},  {"io", 2}, {"th", 2},
                                                            {"ra", 12}, {"net", 4}, {"rpc", 3}};
  for (const auto& [line, least] : kLeast) {
    if (line == name) return values.size() >= least;
  }
  return true;
}

}  // namespace

bool ParseRpcStatistics(std::string_view content, RpcStatistics& lines) {
  lines.clear();
  Scanner scanner(content);
  while (scanner.NextLine()) {
    const std::string_view name = scanner.NextField();
    // It goes on with fractions, which are obsolete.
    const size_t most = name == "th" ? 2 : SIZE_MAX;
    std::vector<double>& values = lines[std::string(name)];
    for (auto field = scanner.NextField(); !field.empty() && values.size() < most; field = scanner.NextField()) {
      const auto value = ParseUnsigned(field);
      if (!value) return false;
      values.push_back(static_cast<double>(*value));
    }
    if (values.empty() || !IsWhole(name, values)) return false;
  }
  return true;
}

double RpcValue(const RpcStatistics& lines, std::string_view line, size_t index) {
  const auto it = lines.find(line);
  return it != lines.end() && index < it->second.size() ? it->second[index] : 0;
}

std::vector<const char*> NfsProcedures(int version) {
  if (version == 2) {
    return {"Null",   "GetAttr", "SetAttr", "Root", "Lookup",  "ReadLink", "Read",  "WrCache", "Write",
            "Create", "Remove",  "Rename",  "Link", "SymLink", "MkDir",    "RmDir", "ReadDir", "FsStat"};
  }
  return {"Null",    "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
          "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
          "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"};
}

}  // namespace tidemark::exporter::procfs
