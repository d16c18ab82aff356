#include "common/http_client_config.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "common/file.h"
#include "common/text.h"

namespace tidemark::config {
namespace {

HttpClientConfig::BasicAuth ParseBasicAuth(const YamlValue& value, const std::string& directory) {
  HttpClientConfig::BasicAuth auth;
  YamlMap map = value.Map();
  auth.username = map.Require("username").String();
  if (auth.username.empty()) map.Fail("username must not be empty");
  if (const auto field = map.Find("password")) auth.password = field->String();
  if (const auto field = map.Find("password_file")) auth.password_file = field->Path(directory);
  if (!auth.password.empty() && !auth.password_file.empty())
    map.Fail("at most one of password and password_file must be set");
  map.Finish();
  return auth;
}

HttpClientConfig::Authorization ParseAuthorization(const YamlValue& value, const std::string& directory) {
  HttpClientConfig::Authorization authorization;
  YamlMap map = value.Map();
  if (const auto field = map.Find("type")) {
    authorization.type = field->String();
    if (authorization.type == "Basic") field->Fail("must not be \"Basic\"; use basic_auth");
  }
  if (const auto field = map.Find("credentials")) authorization.credentials = field->String();
  if (const auto field = map.Find("credentials_file")) authorization.credentials_file = field->Path(directory);
  if (!authorization.credentials.empty() && !authorization.credentials_file.empty())
    map.Fail("at most one of credentials and credentials_file must be set");
  map.Finish();
  return authorization;
}

}  // namespace

std::string ReadSecret(const std::string& text, const std::string& file) {
  constexpr size_t kMaxSecretBytes = size_t{64} << 10;
  return file.empty() ? text : std::string(Trim(ReadFileOrThrow(file, kMaxSecretBytes)));
}

int ParseTlsVersion(const YamlValue& value) {
  constexpr std::array<std::pair<const char*, int>, 4> kVersions{
      {{"TLS10", TLS1_VERSION}, {"TLS11", TLS1_1_VERSION}, {"TLS12", TLS1_2_VERSION}, {"TLS13", TLS1_3_VERSION}}};
  const std::string text = value.String();
  const auto found = std::ranges::find(kVersions, text, [](const auto& pair) { return std::string_view(pair.first); });
  if (found == kVersions.end()) value.Fail("must be TLS10, TLS11, TLS12 or TLS13");
  return found->second;
}

HttpClientConfig::Tls ParseTlsConfig(const YamlValue& value, const std::string& directory) {
  HttpClientConfig::Tls tls;
  YamlMap map = value.Map();
  if (const auto field = map.Find("ca_file")) tls.ca_file = field->Path(directory);
  if (const auto field = map.Find("cert_file")) tls.cert_file = field->Path(directory);
  if (const auto field = map.Find("key_file")) tls.key_file = field->Path(directory);
  if (tls.cert_file.empty() != tls.key_file.empty()) map.Fail("cert_file and key_file must be set together");
  if (const auto field = map.Find("server_name")) tls.server_name = field->String();
  if (const auto field = map.Find("min_version")) tls.min_version = ParseTlsVersion(*field);
  if (const auto field = map.Find("insecure_skip_verify")) tls.insecure_skip_verify = field->Bool();
  map.Finish();
  return tls;
}

HttpClientConfig ParseHttpClientConfig(YamlMap& map, const std::string& directory) {
  HttpClientConfig config;
  int authentications = 0;
  if (const auto field = map.Find("basic_auth")) {
    config.basic_auth = ParseBasicAuth(*field, directory);
    ++authentications;
  }
  if (const auto field = map.Find("authorization")) {
    config.authorization = ParseAuthorization(*field, directory);
    ++authentications;
  }
  if (const auto field = map.Find("bearer_token")) {
    config.authorization.credentials = field->String();
    ++authentications;
  }
  if (const auto field = map.Find("bearer_token_file")) {
    config.authorization.credentials_file = field->Path(directory);
    ++authentications;
  }
  if (authentications > 1)
    map.Fail("at most one of basic_auth, authorization, bearer_token and bearer_token_file must be set");
  if (const auto field = map.Find("oauth2")) field->Fail("is not supported; use authorization with a credentials_file");
  if (const auto field = map.Find("tls_config")) config.tls = ParseTlsConfig(*field, directory);
  if (const auto field = map.Find("proxy_url")) {
    config.proxy_url = field->String();
    if (!config.proxy_url.empty() && !config.proxy_url.starts_with("http://")) field->Fail("must be http://host:port");
  }
  if (const auto field = map.Find("follow_redirects")) config.follow_redirects = field->Bool();
  // A permission only: requests are made with HTTP/1.1 either way.
  if (const auto field = map.Find("enable_http2")) (void)field->Bool();
  return config;
}

}  // namespace tidemark::config
