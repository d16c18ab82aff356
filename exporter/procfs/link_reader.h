#pragma once

#include <span>

#include "common/file.h"
#include "exporter/procfs/netlink_links.h"

namespace tidemark::exporter::procfs {

/// The network interfaces of this network namespace page after page. Their properties are asked for after the kernel
/// has told that one of them has changed, their counters alone otherwise, which is a quarter of the work. What it does
/// not tell (a group set by sysfs, multicast that a socket asks for) is seen at every tenth page; that a cable is out
/// it tells within a second. Used by one thread at a time.
class LinkReader {
 public:
  /// By name; valid until the next call. \throw std::system_error
  std::span<const Link* const> Read();

 private:
  void StartWatch();
  bool MayHaveChanged();

  NetlinkSocket route_{NETLINK_ROUTE};
  UniqueFd changes_;  // none: no watch, everything is asked for each time
  bool knows_counters_alone_ = true;
  bool is_complete_ = false;
  int pages_since_all_ = 0;
  LinkList links_;
};

}  // namespace tidemark::exporter::procfs
