#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/http/web_config.h"
#include "common/log.h"

namespace tidemark::http {

/// What --web.config.file asks for, ready for use. When the file or a certificate changes it is read again, with a log
/// line; one that cannot be used changes nothing. Any thread.
class WebAccess {
 public:
  struct State {
    WebConfig config;
    std::shared_ptr<SSL_CTX> tls;  ///< null: none
  };

  /// An empty path asks for nothing. \throw std::runtime_error when the file or what it names cannot be used
  WebAccess(std::string path, const Logger& logger);

  /// The newest usable state; looks at the files' times once a second at most.
  std::shared_ptr<const State> Current();

 private:
  using Clock = std::chrono::steady_clock;
  using Times = std::vector<std::pair<std::string, std::filesystem::file_time_type>>;

  [[nodiscard]] Times FileTimes(const WebConfig& config) const;

  const std::string path_;
  const Logger& logger_;
  std::mutex mutex_;  // guards everything below
  std::shared_ptr<const State> state_;
  Times times_;
  Clock::time_point looked_;
};

}  // namespace tidemark::http
