#include "common/process_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

namespace tidemark {
namespace {

double LimitValue(rlim_t limit) {
  // RLIM_INFINITY is published as 2^64, as the other client libraries do.
  return limit == RLIM_INFINITY ? static_cast<double>(std::numeric_limits<uint64_t>::max())
                                : static_cast<double>(limit);
}

/// Value of a "key value" line in /proc/stat, e.g. btime.
double BootTimeSeconds() {
  std::string stat;
  if (ReadFile("/proc/stat", 8 * 1024 * 1024, stat) != 0) return 0;
  const size_t at = stat.find("\nbtime ");
  return at == std::string::npos ? 0 : std::strtod(stat.c_str() + at + 7, nullptr);
}

double TicksPerSecond() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

}  // namespace

std::optional<ProcessMetrics::StatFields> ProcessMetrics::ReadStatFields() const {
  std::array<char, 4096> stat;  // the kernel writes some 50 numbers, in one piece
  const ssize_t got = ::pread(stat_file_.get(), stat.data(), stat.size() - 1, 0);
  if (got <= 0) return std::nullopt;
  stat[static_cast<size_t>(got)] = '\0';
  // The command name is in parentheses and may hold spaces; field 3 follows the last ')'.
  const char* const name_end = std::strrchr(stat.data(), ')');
  if (name_end == nullptr) return std::nullopt;
  StatFields fields{};
  const char* at = name_end + 3;  // past ") S": field 3 is the state letter
  for (size_t field = 4; field < fields.size(); ++field) {
    char* end = nullptr;
    fields[field] = std::strtod(at, &end);
    at = end;
  }
  return fields;
}

double ProcessMetrics::OpenFds() const {
  // From Linux 6.2 on the directory's size is the number; before, it is 0 and they must be counted.
  struct stat status {};
  if (::fstat(fd_directory_.get(), &status) == 0 && status.st_size > 0) return static_cast<double>(status.st_size);
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  double count = -3;  // ".", ".." and the descriptor of this very listing
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

ProcessMetrics::ProcessMetrics()
    : stat_file_(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC)),
      fd_directory_(::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      start_time_seconds_(BootTimeSeconds() + ReadStatFields().value_or(StatFields{})[22] / TicksPerSecond()) {}

void ProcessMetrics::Write(exposition::Writer& writer) const {
  using exposition::MetricType;
  const auto read = ReadStatFields();
  if (!read) return;
  const StatFields& fields = *read;
  const double page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  rlimit files{};
  rlimit address_space{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_AS, &address_space);

  writer.Single("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", MetricType::kCounter,
                (fields[14] + fields[15]) / TicksPerSecond());
  writer.Created({}, start_time_seconds_);
  writer.Single("process_max_fds", "Maximum number of open file descriptors.", MetricType::kGauge,
                LimitValue(files.rlim_cur));
  writer.Single("process_open_fds", "Number of open file descriptors.", MetricType::kGauge, OpenFds());
  writer.Single("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::kGauge,
                fields[24] * page_bytes);
  writer.Single("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                MetricType::kGauge, start_time_seconds_);
  writer.Single("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::kGauge, fields[23]);
  writer.Single("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.",
                MetricType::kGauge, LimitValue(address_space.rlim_cur));
}

}  // namespace tidemark
