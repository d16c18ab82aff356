#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "analyzer/config/notification_config.h"
#include "analyzer/notify/notification.h"

namespace tidemark::notify {

struct SendResult {
  std::string error;          ///< empty: it was delivered
  bool is_permanent = false;  ///< the receiver would refuse it again
};

/// One way to tell a receiver. Used by one thread.
class Sender {
 public:
  virtual ~Sender() = default;

  /// Returns within its configured time, and soon when it is asked to stop.
  virtual SendResult Send(const Notification& notification, const std::stop_token& stop) = 0;
};

/// A sender with what is known of it.
struct Integration {
  std::string name;  ///< "webhook[0]", unique within its receiver
  bool send_resolved = true;
  std::unique_ptr<Sender> sender;
};

/// The ways to tell a receiver. Template files are looked for in `templates`. \throw config::ConfigError for a template
/// file that cannot be used
std::vector<Integration> MakeIntegrations(const config::ReceiverConfig& receiver, const std::string& templates);

}  // namespace tidemark::notify
