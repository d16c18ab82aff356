#include "exporter/services/process_usage.h"

#include <unistd.h>

#include <array>
#include <limits>

#include "common/file.h"
#include "common/text.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::services {
namespace {

constexpr size_t kMaxFileBytes = 64 << 10;
/// Threads beyond are not asked for their context switches.
constexpr size_t kMaxThreads = 4096;
/// Processes below one main process.
constexpr size_t kMaxDescendants = 4096;

std::optional<pid_t> ParsePid(std::string_view text) {
  const auto number = procfs::ParseUnsigned(text);
  if (!number || *number == 0 || *number > static_cast<uint64_t>(std::numeric_limits<pid_t>::max()))
    return std::nullopt;
  return static_cast<pid_t>(*number);
}

/// The number after `key` in "key: number …" lines; 0 when there is none.
double NumberOf(std::string_view content, std::string_view key) {
  procfs::Scanner scanner(content);
  while (scanner.NextLine()) {
    if (scanner.NextField() != key) continue;
    return static_cast<double>(procfs::ParseUnsigned(scanner.NextField()).value_or(0));
  }
  return 0;
}

/// "Max open files            1024                 4096                 files"
std::optional<double> SoftLimitOfFiles(std::string_view limits) {
  constexpr std::string_view kName = "Max open files";
  procfs::Scanner scanner(limits);
  while (scanner.NextLine()) {
    if (!scanner.rest().starts_with(kName)) continue;
    procfs::Scanner line(scanner.rest().substr(kName.size()));
    if (!line.NextLine()) return std::nullopt;
    const std::string_view soft = line.NextField();
    if (soft == "unlimited") return std::numeric_limits<double>::infinity();
    return procfs::ParseDecimal(soft);
  }
  return std::nullopt;
}

void ReadSwitches(const std::string& path, std::string& content, std::vector<ThreadSwitches>& switches) {
  const std::string tasks = JoinPath(path, "task");
  for (const std::string& name : procfs::Entries(tasks)) {
    const auto thread = ParsePid(name);
    if (!thread || switches.size() == kMaxThreads) continue;
    if (ReadFile(JoinPath(JoinPath(tasks, name), "status"), kMaxFileBytes, content) != 0) continue;
    switches.push_back(
        {*thread, NumberOf(content, "voluntary_ctxt_switches:"), NumberOf(content, "nonvoluntary_ctxt_switches:")});
  }
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  // The name is in parentheses and may hold any character.
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  const auto pid = ParsePid(Trim(text.substr(0, open)));
  if (!pid) return std::nullopt;
  // Fields by proc(5)'s numbers less 3, the first after the name: 3 state, 10 minflt, 12 majflt, 14 utime, 15 stime,
  // 20 num_threads, 22 starttime, 24 rss.
  constexpr size_t kFields = 22;
  std::array<double, kFields> fields{};
  uint64_t start_ticks = 0;
  std::string_view state;
  procfs::Scanner scanner(text.substr(close + 1));
  if (!scanner.NextLine()) return std::nullopt;
  for (size_t i = 0; i < kFields; ++i) {
    const std::string_view field = scanner.NextField();
    if (field.empty()) return std::nullopt;
    if (i == 0) {
      state = field;
      continue;
    }
    const auto value = procfs::ParseDecimal(field);
    if (!value) return std::nullopt;
    fields[i] = *value;
    constexpr size_t kStartTime = 19;
    if (i == kStartTime) start_ticks = procfs::ParseUnsigned(field).value_or(0);
  }
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return ProcessStat{.id = {*pid, start_ticks},
                     .name = std::string(text.substr(open + 1, close - open - 1)),
                     .state = std::string(state),
                     .user_seconds = fields[11] / ticks,
                     .system_seconds = fields[12] / ticks,
                     .minor_faults = fields[7],
                     .major_faults = fields[9],
                     .threads = fields[17],
                     .resident_bytes = fields[21] * page_bytes};
}

std::optional<ProcessUsage> ReadProcessUsage(const std::string& procfs, pid_t pid) {
  const std::string path = JoinPath(procfs, std::to_string(pid));
  std::string content;
  if (ReadFile(path + "/stat", kMaxFileBytes, content) != 0) return std::nullopt;
  auto stat = ParseProcessStat(content);
  if (!stat) return std::nullopt;
  ProcessUsage usage;
  usage.stat = *std::move(stat);
  if (ReadFile(path + "/status", kMaxFileBytes, content) == 0) {
    constexpr double kBytesPerKib = 1024;
    usage.peak_resident_bytes = NumberOf(content, "VmHWM:") * kBytesPerKib;
  }
  ReadSwitches(path, content, usage.switches);
  if (ReadFile(path + "/io", kMaxFileBytes, content) == 0) {
    usage.read_bytes = NumberOf(content, "read_bytes:");
    usage.written_bytes = NumberOf(content, "write_bytes:");
  }
  std::vector<std::string> files;
  if (procfs::ListDirectory(path + "/fd", files) == 0) usage.open_files = static_cast<double>(files.size());
  if (ReadFile(path + "/limits", kMaxFileBytes, content) == 0) usage.max_open_files = SoftLimitOfFiles(content);
  return usage;
}

std::vector<pid_t> Descendants(const std::string& procfs, pid_t pid) {
  std::vector<pid_t> found{pid};
  std::string content;
  for (size_t i = 0; i < found.size() && found.size() < kMaxDescendants; ++i) {
    const std::string tasks = JoinPath(procfs, std::to_string(found[i]) + "/task");
    for (const std::string& task : procfs::Entries(tasks)) {
      if (ReadFile(JoinPath(JoinPath(tasks, task), "children"), kMaxFileBytes, content) != 0) continue;
      procfs::Scanner scanner(content);
      if (!scanner.NextLine()) continue;
      for (std::string_view field = scanner.NextField(); !field.empty(); field = scanner.NextField()) {
        if (const auto child = ParsePid(field)) found.push_back(*child);
      }
    }
  }
  return found;
}

}  // namespace tidemark::exporter::services
