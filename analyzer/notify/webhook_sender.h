#pragma once

#include <optional>
#include <string>

#include "analyzer/notify/body_template.h"
#include "analyzer/notify/sender.h"
#include "analyzer/scrape/http_connection.h"

namespace tidemark::notify {

/// POSTs notifications. With a secret the header X-Hub-Signature-256 is "sha256=" and the hexadecimal HMAC-SHA256 of
/// the body, as GitHub signs its own; Idempotency-Key is the notification's.
class WebhookSender final : public Sender {
 public:
  /// \throw config::ConfigError
  WebhookSender(const config::WebhookConfig& config, const std::string& templates);
  SendResult Send(const Notification& notification, const std::stop_token& stop) override;

 private:
  [[nodiscard]] RenderedBody Body(const Notification& notification) const;
  SendResult Post(const std::string& url, const RenderedBody& body, const std::stop_token& stop);

  const config::WebhookConfig config_;
  std::optional<BodyTemplate> template_;
  scrape::Watchdog watchdog_;
  std::string base_url_;  // of connection_
  std::optional<scrape::HttpConnection> connection_;
};

}  // namespace tidemark::notify
