#pragma once

#include "analyzer/notify/sender.h"

namespace tidemark::notify {

/// Runs a program that gets the version 4 body on its standard input. It has delivered when it ends with 0 within the
/// configured time; then, and when it is asked to stop, its whole process group is killed.
class CommandSender final : public Sender {
 public:
  explicit CommandSender(const config::CommandConfig& config) : config_(config) {}
  SendResult Send(const Notification& notification, const std::stop_token& stop) override;

 private:
  const config::CommandConfig config_;
};

}  // namespace tidemark::notify
