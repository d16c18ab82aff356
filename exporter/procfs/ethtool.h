#pragma once

#include <linux/ethtool.h>

#include <optional>
#include <string>

#include "common/file.h"

namespace tidemark::exporter::procfs {

/// The SIOCETHTOOL ioctl (the kernel's include/uapi/linux/ethtool.h) on the network devices of this network namespace.
class Ethtool {
 public:
  /// \throw std::system_error
  Ethtool();

  /// Sends `command`, a structure that begins with its number, and has the kernel write the answer over it. False when
  /// the driver does not know the command, or there is no such device.
  bool Ask(const std::string& device, void* command) const;

  /// Speed, duplex and those link modes that ETHTOOL_GSET has room for.
  [[nodiscard]] std::optional<ethtool_cmd> Link(const std::string& device) const;

 private:
  UniqueFd socket_;
};

}  // namespace tidemark::exporter::procfs
