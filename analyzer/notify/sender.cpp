#include "analyzer/notify/sender.h"

#include "analyzer/notify/command_sender.h"
#include "analyzer/notify/email_sender.h"
#include "analyzer/notify/webhook_sender.h"

namespace tidemark::notify {

std::vector<Integration> MakeIntegrations(const config::ReceiverConfig& receiver, const std::string& templates) {
  std::vector<Integration> integrations;
  const auto name = [](const char* kind, size_t number) {
    return std::string(kind) + "[" + std::to_string(number) + "]";
  };
  for (size_t i = 0; i < receiver.webhooks.size(); ++i) {
    const config::WebhookConfig& config = receiver.webhooks[i];
    integrations.push_back(
        {name("webhook", i), config.send_resolved, std::make_unique<WebhookSender>(config, templates)});
  }
  for (size_t i = 0; i < receiver.emails.size(); ++i) {
    const config::EmailConfig& config = receiver.emails[i];
    integrations.push_back({name("email", i), config.send_resolved, std::make_unique<EmailSender>(config, templates)});
  }
  for (size_t i = 0; i < receiver.commands.size(); ++i) {
    const config::CommandConfig& config = receiver.commands[i];
    integrations.push_back({name("command", i), config.send_resolved, std::make_unique<CommandSender>(config)});
  }
  return integrations;
}

}  // namespace tidemark::notify
