#include "exporter/services/control_group.h"

#include <sys/stat.h>

#include <algorithm>
#include <climits>

#include "common/file.h"
#include "exporter/procfs/pressure.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::services {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;
/// Groups below one that are walked through.
constexpr size_t kMaxGroups = 4096;
constexpr double kMicrosecondsPerSecond = 1e6;
constexpr double kNanosecondsPerSecond = 1e9;

bool IsDirectory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::optional<double> NumberIn(const std::string& path) {
  const auto number = procfs::ReadInteger(path);
  return number && *number >= 0 ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

/// The folders in a group are the groups below it.
std::vector<std::string> GroupsBelow(const std::string& path) {
  std::vector<std::string> below;
  for (const std::string& name : procfs::Entries(path)) {
    // Files of the group have a point in their names, as have units' folders: only stat tells.
    if (IsDirectory(JoinPath(path, name))) below.push_back(name);
  }
  return below;
}

/// cpu.stat: "user_usec 123".
std::optional<double> SecondsOf(std::string_view content, std::string_view key) {
  procfs::Scanner scanner(content);
  while (scanner.NextLine()) {
    if (scanner.NextField() != key) continue;
    if (const auto value = procfs::ParseUnsigned(scanner.NextField()))
      return static_cast<double>(*value) / kMicrosecondsPerSecond;
  }
  return std::nullopt;
}

/// io.stat: "8:0 rbytes=1 wbytes=2 rios=3 …", a line for each device.
void AddIo(std::string_view content, GroupUsage& usage) {
  const auto add = [](std::string_view field, std::string_view key, std::optional<double>& sum) {
    if (!field.starts_with(key)) return;
    if (const auto value = procfs::ParseUnsigned(field.substr(key.size())))
      sum = sum.value_or(0) + static_cast<double>(*value);
  };
  usage.read_bytes = usage.written_bytes = 0;
  procfs::Scanner scanner(content);
  while (scanner.NextLine()) {
    for (std::string_view field = scanner.NextField(); !field.empty(); field = scanner.NextField()) {
      add(field, "rbytes=", usage.read_bytes);
      add(field, "wbytes=", usage.written_bytes);
    }
  }
}

/// blkio.throttle.io_service_bytes: "8:0 Read 123".
void AddBlockIo(std::string_view content, GroupUsage& usage) {
  procfs::Scanner scanner(content);
  while (scanner.NextLine()) {
    scanner.NextField();
    const std::string_view kind = scanner.NextField();
    const auto value = procfs::ParseUnsigned(scanner.NextField());
    if (!value) continue;
    if (kind == "Read") usage.read_bytes = usage.read_bytes.value_or(0) + static_cast<double>(*value);
    if (kind == "Write") usage.written_bytes = usage.written_bytes.value_or(0) + static_cast<double>(*value);
  }
}

void AddUnified(const std::string& path, GroupUsage& usage) {
  std::string content;
  if (ReadFile(JoinPath(path, "cpu.stat"), kMaxFileBytes, content) == 0) {
    usage.user_seconds = SecondsOf(content, "user_usec");
    usage.system_seconds = SecondsOf(content, "system_usec");
  }
  if (ReadFile(JoinPath(path, "io.stat"), kMaxFileBytes, content) == 0) AddIo(content, usage);
  usage.memory_bytes = NumberIn(JoinPath(path, "memory.current"));
  usage.peak_memory_bytes = NumberIn(JoinPath(path, "memory.peak"));
  for (const char* resource : {"cpu", "io", "memory"}) {
    if (ReadFile(JoinPath(path, std::string(resource) + ".pressure"), kMaxFileBytes, content) != 0) continue;
    usage.pressures.push_back({.resource = resource,
                               .waiting_seconds = procfs::PressureTotalSeconds(content, "some").value_or(0),
                               .stalled_seconds = procfs::PressureTotalSeconds(content, "full").value_or(0)});
  }
}

void AddVersion1(const std::string& root, const std::string& group, GroupUsage& usage) {
  std::string content;
  const auto nanoseconds = [&](const char* file) {
    const auto value = NumberIn(JoinPath(JoinPath(root, "cpuacct"), JoinPath(group, file)));
    return value ? std::optional(*value / kNanosecondsPerSecond) : std::nullopt;
  };
  if (!usage.user_seconds) {
    usage.user_seconds = nanoseconds("cpuacct.usage_user");
    usage.system_seconds = nanoseconds("cpuacct.usage_sys");
  }
  const std::string memory = JoinPath(JoinPath(root, "memory"), group);
  if (!usage.memory_bytes) {
    usage.memory_bytes = NumberIn(JoinPath(memory, "memory.usage_in_bytes"));
    usage.peak_memory_bytes = NumberIn(JoinPath(memory, "memory.max_usage_in_bytes"));
  }
  const std::string block_io = JoinPath(JoinPath(root, "blkio"), JoinPath(group, "blkio.throttle.io_service_bytes"));
  if (!usage.read_bytes && ReadFile(block_io, kMaxFileBytes, content) == 0) AddBlockIo(content, usage);
}

}  // namespace

std::string ControlGroups::Unified() const {
  for (const std::string& path : {root_, JoinPath(root_, "unified")}) {
    struct stat status {};
    if (::stat(JoinPath(path, "cgroup.controllers").c_str(), &status) == 0) return path;
  }
  return "";
}

std::vector<std::string> ControlGroups::Hierarchies() const {
  std::vector<std::string> paths;
  const std::string unified = Unified();
  if (!unified.empty()) paths.push_back(unified);
  if (unified == root_) return paths;
  for (const char* name : {"systemd", "cpuacct", "memory", "blkio", "pids"}) {
    if (const std::string path = JoinPath(root_, name); IsDirectory(path)) paths.push_back(path);
  }
  return paths;
}

std::vector<pid_t> ControlGroups::Processes(const std::string& group) const {
  std::vector<pid_t> pids;
  std::string content;
  for (const std::string& hierarchy : Hierarchies()) {
    // A service's processes may be in one hierarchy only.
    std::vector<std::string> groups{JoinPath(hierarchy, group)};
    for (size_t i = 0; i < groups.size() && groups.size() < kMaxGroups; ++i) {
      for (const std::string& name : GroupsBelow(groups[i])) groups.push_back(JoinPath(groups[i], name));
    }
    for (const std::string& path : groups) {
      if (ReadFile(JoinPath(path, "cgroup.procs"), kMaxFileBytes, content) != 0) continue;
      procfs::Scanner scanner(content);
      while (scanner.NextLine()) {
        const auto pid = procfs::ParseUnsigned(scanner.NextField());
        if (pid && *pid > 0 && *pid <= INT_MAX) pids.push_back(static_cast<pid_t>(*pid));
      }
    }
    if (!pids.empty()) break;
  }
  std::ranges::sort(pids);
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

GroupUsage ControlGroups::Usage(const std::string& group) const {
  GroupUsage usage;
  const std::string unified = Unified();
  if (!unified.empty()) AddUnified(JoinPath(unified, group), usage);
  if (unified != root_) AddVersion1(root_, group, usage);
  return usage;
}

std::string ControlGroups::Identity(const std::string& group) const {
  for (const std::string& hierarchy : Hierarchies()) {
    struct stat status {};
    if (::stat(JoinPath(hierarchy, group).c_str(), &status) == 0) return group + ":" + std::to_string(status.st_ino);
  }
  return "";
}

std::string ControlGroups::GroupOfUnit(const std::string& unit) const {
  for (const std::string& hierarchy : Hierarchies()) {
    if (IsDirectory(JoinPath(hierarchy, "system.slice/" + unit))) return "/system.slice/" + unit;
    std::vector<std::string> groups{""};
    for (size_t i = 0; i < groups.size() && groups.size() < kMaxGroups; ++i) {
      for (const std::string& name : GroupsBelow(hierarchy + groups[i])) {
        if (name == unit) return groups[i] + "/" + name;
        // Units lie in slices; what is below a service or scope is its own.
        if (name.ends_with(".slice")) groups.push_back(groups[i] + "/" + name);
      }
    }
  }
  return "";
}

}  // namespace tidemark::exporter::services
