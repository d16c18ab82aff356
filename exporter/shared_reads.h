#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/procfs/driver_watch.h"
#include "exporter/procfs/kernel_directory.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/link_reader.h"

namespace tidemark::exporter {

/// What more than one collector wants to know, read once a page by the first that asks. Any thread may ask, but not
/// while Forget runs.
class SharedReads {
 public:
  /// `procfs`, `sysfs`: where those are mounted.
  SharedReads(const std::string& procfs, const std::string& sysfs);

  /// The next page begins: everything is read anew.
  void Forget();

  /// Whether what comes with a driver is to be looked for on this page; what was not there on an earlier one is not
  /// there now otherwise.
  [[nodiscard]] bool looks_for_drivers() const { return looks_for_drivers_; }

  /// The network interfaces, by name. \throw std::system_error, at every call for this page
  std::span<const procfs::Link* const> Links();

  /// /proc/stat: 0, or the errno. The content is valid until Forget.
  int ReadStat(std::string_view& content) { return stat_.Read(content); }
  [[nodiscard]] const std::string& stat_path() const { return stat_.file.path(); }

  /// The same of how many sockets there are: sockstat, of IPv4, and sockstat6 in /proc/net.
  enum IpVersion : size_t { kIpv4, kIpv6 };
  int ReadSockets(IpVersion version, std::string_view& content) { return sockets_[version].Read(content); }
  [[nodiscard]] const procfs::KernelFile& sockets_file(IpVersion version) const { return sockets_[version].file; }

  /// The names cpu0, cpu1, … of /sys/devices/system/cpu in this order; none when it cannot be read.
  const std::vector<std::string>& Cpus();
  /// Where those are. To be asked after Cpus.
  [[nodiscard]] const procfs::KernelDirectory& cpu_directory() const { return cpu_directory_; }

 private:
  struct File {
    procfs::KernelFile file;
    std::mutex mutex{};  // guards the following
    bool is_read = false;
    int error = 0;
    std::string content{};

    int Read(std::string_view& text);
  };

  procfs::DriverWatch drivers_;
  bool looks_for_drivers_ = true;
  std::mutex links_mutex_;  // guards the next two
  procfs::LinkReader link_reader_;
  std::optional<std::span<const procfs::Link* const>> links_;  // of this page, once they were asked for
  File stat_;
  std::array<File, 2> sockets_;  // by IpVersion
  std::mutex cpus_mutex_;        // guards the following until they were read
  procfs::KernelDirectory cpu_directory_;
  std::vector<std::string> cpus_;
  bool has_cpus_ = false;
};

}  // namespace tidemark::exporter
