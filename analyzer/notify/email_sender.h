#pragma once

#include "analyzer/notify/body_template.h"
#include "analyzer/notify/sender.h"

namespace tidemark::notify {

/// Sends mails by SMTP: subject and text come from the template file email.yml.
class EmailSender final : public Sender {
 public:
  /// \throw config::ConfigError
  EmailSender(const config::EmailConfig& config, const std::string& templates);
  SendResult Send(const Notification& notification, const std::stop_token& stop) override;

 private:
  const config::EmailConfig config_;
  const BodyTemplate template_;
};

/// A whole mail (RFC 5322) with a text in UTF-8, at a time. The text goes as base64: no line of it can be too long or
/// mean anything to a mail server.
std::string MailText(const std::string& from, const std::string& to, const std::string& subject,
                     const std::string& text, const std::string& message_id, int64_t time_ms);

}  // namespace tidemark::notify
