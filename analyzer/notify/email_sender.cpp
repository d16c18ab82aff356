#include "analyzer/notify/email_sender.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "common/curl_transfer.h"
#include "common/text.h"

namespace tidemark::notify {
namespace {

constexpr size_t kLineBytes = 57;  // of text, which are 76 of base64

std::string Base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

/// A header's text that is not plain ASCII, in words of base64 (RFC 2047, section 2: at most 75 characters each).
std::string EncodedWords(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
  if (is_plain && text.size() < 900) return std::string(text);
  constexpr size_t kWordBytes = 42;
  std::string words;
  while (!text.empty()) {
    size_t size = std::min(kWordBytes, text.size());
    // A word has whole characters.
    while (size > 1 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    words += (words.empty() ? "" : "\r\n ") + ("=?utf-8?B?" + Base64(text.substr(0, size)) + "?=");
    text.remove_prefix(size);
  }
  return words;
}

std::string DateText(int64_t time_ms) {
  const auto seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &time);
  return text.data();
}

/// The address within "Name <address>", in angle brackets.
std::string Address(std::string_view text) {
  const size_t open = text.rfind('<');
  const size_t close = text.rfind('>');
  if (open != std::string_view::npos && close != std::string_view::npos && open < close)
    return std::string(text.substr(open, close - open + 1));
  return "<" + std::string(Trim(text)) + ">";
}

}  // namespace

std::string MailText(const std::string& from, const std::string& to, const std::string& subject,
                     const std::string& text, const std::string& message_id, int64_t time_ms) {
  const std::string host = from.substr(std::min(from.find('@'), from.size()));
  std::string mail = "From: " + from + "\r\nTo: " + to + "\r\nSubject: " + EncodedWords(subject) +
                     "\r\nDate: " + DateText(time_ms) + "\r\nMessage-ID: <" + message_id +
                     host.substr(0, host.find('>')) + ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; " +
                     "charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n";
  for (size_t at = 0; at < text.size(); at += kLineBytes)
    mail += Base64(std::string_view(text).substr(at, kLineBytes)) + "\r\n";
  return mail;
}

EmailSender::EmailSender(const config::EmailConfig& config, const std::string& templates)
    : config_(config), template_(BodyTemplate::Load("email", templates)) {}

SendResult EmailSender::Send(const Notification& notification, const std::stop_token& stop) {
  try {
    const templating::Value data = TemplateData(notification, {});
    RenderedBody body = template_.Render(data, notification.external_url);
    if (!config_.subject.empty())
      body.subject = HeaderValue(RenderText(config_.subject, data, notification.external_url));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string mail = MailText(config_.from, config_.to, body.subject, body.body, notification.idempotency_key,
                                      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    Transfer transfer(config_.timeout_ms, stop);
    constexpr const char* kSmtpsPort = ":465";
    const bool is_smtps = config_.smarthost.ends_with(kSmtpsPort);
    transfer.Set(CURLOPT_URL, (is_smtps ? "smtps://" : "smtp://") + config_.smarthost);
    transfer.Set(CURLOPT_USE_SSL, static_cast<long>(config_.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    transfer.SetTls(config_.tls);
    if (!config_.auth_username.empty()) {
      transfer.Set(CURLOPT_USERNAME, config_.auth_username);
      transfer.Set(CURLOPT_PASSWORD, config::ReadSecret(config_.auth_password, config_.auth_password_file));
    }
    transfer.Set(CURLOPT_MAIL_FROM, Address(config_.from));
    std::string_view recipients = config_.to;
    while (!recipients.empty()) {
      const size_t comma = recipients.find(',');
      transfer.AddRecipient(Address(Trim(recipients.substr(0, comma))));
      recipients = comma == std::string_view::npos ? "" : recipients.substr(comma + 1);
    }
    transfer.Upload(mail);
    std::string error = transfer.Perform();
    if (error.empty()) return {};
    // A mail server refuses for now with a code from 400 on, for good with one from 500 on.
    const auto code = transfer.Get<long>(CURLINFO_RESPONSE_CODE);
    if (code >= 400) error += " (the mail server answered " + std::to_string(code) + ")";
    return {error, code >= 500};
  } catch (const templating::TemplateError& error) {
    return {std::string("template: ") + error.what(), true};
  } catch (const std::runtime_error& error) {
    return {error.what(), false};
  }
}

}  // namespace tidemark::notify
