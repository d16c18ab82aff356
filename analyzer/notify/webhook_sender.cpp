#include "analyzer/notify/webhook_sender.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <nlohmann/json.hpp>

#include "common/json_values.h"

namespace tidemark::notify {
namespace {

constexpr size_t kMaxAnswerBytes = size_t{64} << 10;

std::string Signature(const std::string& secret, const std::string& body) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), static_cast<unsigned char*>(digest), &size);
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "sha256=";
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace

WebhookSender::WebhookSender(const config::WebhookConfig& config, const std::string& templates) : config_(config) {
  if (!config_.body_template.empty()) template_ = BodyTemplate::Load(config_.body_template, templates);
}

RenderedBody WebhookSender::Body(const Notification& notification) const {
  if (!template_) {
    return {.subject = "",
            .body = DumpJson(WebhookBody(notification, config_.max_alerts)),
            .content_type = "application/json",
            .headers = {}};
  }
  std::map<std::string, std::string> values = config_.values;
  for (const auto& [name, path] : config_.value_files) values[name] = config::ReadSecret("", path);
  return template_->Render(TemplateData(notification, values), notification.external_url);
}

SendResult WebhookSender::Send(const Notification& notification, const std::stop_token& stop) {
  try {
    RenderedBody body = Body(notification);
    const std::string secret = config::ReadSecret(config_.hmac_secret, config_.hmac_secret_file);
    if (!secret.empty()) body.headers["X-Hub-Signature-256"] = Signature(secret, body.body);
    body.headers["Idempotency-Key"] = notification.idempotency_key;
    return Post(config::ReadSecret(config_.url, config_.url_file), body, stop);
  } catch (const templating::TemplateError& error) {
    return {std::string("template: ") + error.what(), true};
  } catch (const std::runtime_error& error) {
    return {error.what(), false};
  }
}

SendResult WebhookSender::Post(const std::string& url, const RenderedBody& body, const std::stop_token& stop) {
  const size_t path = url.find('/', url.find("://") + 3);
  const std::string base = url.substr(0, path);
  if (!connection_ || base != base_url_) {
    connection_.emplace(base, config_.client);
    base_url_ = base;
  }
  const std::stop_callback fire(stop, [this] { watchdog_.FireAll(); });
  const scrape::HttpAnswer answer =
      connection_->Post({.path_and_query = path == std::string::npos ? "/" : url.substr(path),
                         .headers = body.headers,
                         .timeout = std::chrono::milliseconds(config_.timeout_ms),
                         .max_body_bytes = kMaxAnswerBytes},
                        body.body, body.content_type, watchdog_);
  // Too many requests, and a request that came too slowly, are worth another try.
  constexpr int kTooManyRequests = 429;
  constexpr int kRequestTimeout = 408;
  const bool is_refused = answer.status >= 400 && answer.status < 500 && answer.status != kTooManyRequests &&
                          answer.status != kRequestTimeout;
  return {answer.error, is_refused};
}

}  // namespace tidemark::notify
