#include "analyzer/config/secrets.h"

#include <re2/re2.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tidemark::config {
namespace {

constexpr std::array<std::string_view, 8> kSecretKeys{"auth_password", "bearer_token", "client_secret", "credentials",
                                                      "hmac_secret",   "password",     "secret",        "secret_key"};
constexpr const char* kHidden = "<secret>";

/// The addresses of chats, and what their templates take, let whoever has them write there.
void HideWebhooks(const YAML::Node& list) {
  if (!list.IsSequence()) return;
  for (YAML::Node webhook : list) {
    if (!webhook.IsMap()) continue;
    if (webhook["url"]) webhook["url"] = kHidden;
    if (!webhook["values"] || !webhook["values"].IsMap()) continue;
    for (auto value : webhook["values"]) value.second = kHidden;
  }
}

void HideSecrets(YAML::Node node) {
  static const RE2 password_in_url("(://[^:/@]*):[^@/]*@");
  if (node.IsSequence()) {
    for (YAML::Node item : node) HideSecrets(item);
  } else if (node.IsMap()) {
    for (auto entry : node) {
      const bool is_secret =
          entry.first.IsScalar() && std::ranges::find(kSecretKeys, entry.first.Scalar()) != kSecretKeys.end();
      if (is_secret && entry.second.IsScalar()) {
        entry.second = kHidden;
      } else if (entry.first.IsScalar() && entry.first.Scalar() == "webhook_configs") {
        HideWebhooks(entry.second);
        HideSecrets(entry.second);
      } else {
        HideSecrets(entry.second);
      }
    }
  } else if (node.IsScalar() && node.Scalar().find("://") != std::string::npos) {
    std::string text = node.Scalar();
    if (RE2::GlobalReplace(&text, password_in_url, "\\1:xxxxx@") > 0) node = text;
  }
}

}  // namespace

std::string WithoutSecrets(const std::string& yaml) {
  YAML::Node node = YAML::Load(yaml);
  HideSecrets(node);
  return YAML::Dump(node) + "\n";
}

}  // namespace tidemark::config
