#include "analyzer/config/secrets.h"

#include <re2/re2.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tidemark::config {
namespace {

constexpr std::array<std::string_view, 6> kSecretKeys{"bearer_token", "client_secret", "credentials",
                                                      "password",     "secret",        "secret_key"};

void HideSecrets(YAML::Node node) {
  static const RE2 password_in_url("(://[^:/@]*):[^@/]*@");
  if (node.IsSequence()) {
    for (YAML::Node item : node) HideSecrets(item);
  } else if (node.IsMap()) {
    for (auto entry : node) {
      const bool is_secret =
          entry.first.IsScalar() && std::ranges::find(kSecretKeys, entry.first.Scalar()) != kSecretKeys.end();
      if (is_secret && entry.second.IsScalar()) {
        entry.second = "<secret>";
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
