#pragma once

#include <cstdint>
#include <string>

#include "common/file.h"

namespace tidemark::exporter::procfs {

/// Tells when files of /proc and /sys that come with a driver are worth looking for: after a kernel module has come or
/// gone. It asks for the number of directories in /sys/module, one for each, that sysfs has as their parent's links.
/// Used by one thread at a time.
class DriverWatch {
 public:
  /// `procfs`, `sysfs`: where those are mounted.
  DriverWatch(const std::string& procfs, const std::string& sysfs);

  /// Whether to look now, which goes for all drivers. To be asked once a page: after a change it says so for two, since
  /// a module is there before it has started, and at every tenth, should one have taken the place of another. Always
  /// true where files come without a driver, as in tests.
  bool ShallLook();

 private:
  UniqueFd modules_;  // none: look always
  uint64_t module_count_ = 0;
  int pages_since_change_ = 0;
};

}  // namespace tidemark::exporter::procfs
