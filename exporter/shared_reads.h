#pragma once

#include <linux/rtnetlink.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/procfs/kernel_directory.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/netlink_links.h"

namespace tidemark::exporter {

/// What more than one collector wants to know, read once a page by the first that asks. Used by one thread at a time.
class SharedReads {
 public:
  /// `procfs`, `sysfs`: where those are mounted.
  SharedReads(const std::string& procfs, const std::string& sysfs);

  /// The next page begins: everything is read anew.
  void Forget();

  /// The network interfaces, by name. \throw std::system_error, at every call for this page
  const std::vector<procfs::Link>& Links();

  /// /proc/stat: 0, or the errno. The content is valid until Forget.
  int ReadStat(std::string_view& content);
  [[nodiscard]] const std::string& stat_path() const { return stat_file_.path(); }

  /// The names cpu0, cpu1, … of /sys/devices/system/cpu in this order; none when it cannot be read.
  const std::vector<std::string>& Cpus();
  /// Where those are. To be asked after Cpus.
  [[nodiscard]] const procfs::KernelDirectory& cpu_directory() const { return cpu_directory_; }

 private:
  procfs::NetlinkSocket route_{NETLINK_ROUTE};
  std::optional<std::vector<procfs::Link>> links_;
  procfs::KernelFile stat_file_;
  bool has_stat_ = false;
  int stat_error_ = 0;
  std::string stat_;
  procfs::KernelDirectory cpu_directory_;
  std::vector<std::string> cpus_;
  bool has_cpus_ = false;
};

}  // namespace tidemark::exporter
