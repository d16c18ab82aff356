#pragma once

#include <vector>

#include "common/file.h"

namespace tidemark::http {

/// The listening sockets that a service manager has opened for this process (systemd.socket(5)), non-blocking, of TCP
/// or of paths. \throw std::runtime_error when there is none, or one that cannot be listened on
std::vector<UniqueFd> ActivatedSockets();

}  // namespace tidemark::http
