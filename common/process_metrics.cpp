#include "common/process_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>
#include <system_error>

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

/// When the process began, since the epoch: field 22 of /proc/self/stat (proc(5)), in ticks since the boot.
double StartTimeSeconds() {
  std::string stat;
  if (ReadFile("/proc/self/stat", 4096, stat) != 0) return 0;
  // The command name is in parentheses and may hold spaces; field 3 follows the last ')'.
  size_t at = stat.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  return BootTimeSeconds() + std::strtod(stat.c_str() + at, nullptr) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double Seconds(const timeval& time) {
  constexpr double kMicrosecond = 1e-6;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * kMicrosecond;
}

}  // namespace

std::optional<ProcessMetrics::Memory> ProcessMetrics::ReadMemory() const {
  std::array<char, 128> text;  // seven numbers of pages: size, resident, …
  const ssize_t got = ::pread(memory_file_.get(), text.data(), text.size(), 0);
  if (got <= 0) return std::nullopt;
  const char* const end = text.data() + got;
  const auto page_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  Memory memory;
  const auto size = std::from_chars(text.data(), end, memory.virtual_bytes);
  if (size.ec != std::errc() || size.ptr == end) return std::nullopt;
  const auto resident = std::from_chars(size.ptr + 1, end, memory.resident_bytes);
  if (resident.ec != std::errc()) return std::nullopt;
  memory.virtual_bytes *= page_bytes;
  memory.resident_bytes *= page_bytes;
  return memory;
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
    : memory_file_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
      fd_directory_(::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      start_time_seconds_(StartTimeSeconds()) {}

void ProcessMetrics::Write(exposition::Writer& writer) const {
  using exposition::MetricType;
  rusage usage{};
  rlimit files{};
  rlimit address_space{};
  ::getrusage(RUSAGE_SELF, &usage);
  ::getrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_AS, &address_space);
  const std::optional<Memory> memory = ReadMemory();
  if (!memory) return;

  writer.Single("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", MetricType::kCounter,
                Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  writer.Created({}, start_time_seconds_);
  writer.Single("process_max_fds", "Maximum number of open file descriptors.", MetricType::kGauge,
                LimitValue(files.rlim_cur));
  writer.Single("process_open_fds", "Number of open file descriptors.", MetricType::kGauge, OpenFds());
  writer.Single("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::kGauge,
                static_cast<double>(memory->resident_bytes));
  writer.Single("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                MetricType::kGauge, start_time_seconds_);
  writer.Single("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::kGauge,
                static_cast<double>(memory->virtual_bytes));
  writer.Single("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.",
                MetricType::kGauge, LimitValue(address_space.rlim_cur));
}

}  // namespace tidemark
