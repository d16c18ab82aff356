#include "common/http/web_config.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "common/http_client_config.h"
#include "common/yaml_reader.h"

namespace tidemark::http {
namespace {

using config::YamlMap;
using config::YamlValue;
using ClientCertificate = WebConfig::ClientCertificate;

/// Go's names, as in the files that users have.
constexpr std::array<std::pair<const char*, ClientCertificate>, 5> kClientCertificates{
    {{"NoClientCert", ClientCertificate::kNone},
     {"RequestClientCert", ClientCertificate::kRequest},
     {"RequireAnyClientCert", ClientCertificate::kRequireAny},
     {"VerifyClientCertIfGiven", ClientCertificate::kVerifyIfGiven},
     {"RequireAndVerifyClientCert", ClientCertificate::kRequireAndVerify}}};
/// Those that exporters let be set, and to what; nothing: to anything.
const std::map<std::string_view, std::vector<std::string_view>> kHeaders{{"Content-Security-Policy", {}},
                                                                         {"Strict-Transport-Security", {}},
                                                                         {"X-Content-Type-Options", {"nosniff"}},
                                                                         {"X-Frame-Options", {"deny", "sameorigin"}},
                                                                         {"X-XSS-Protection", {}}};

/// Go's names of curves, and OpenSSL's.
constexpr std::array<std::pair<std::string_view, const char*>, 4> kCurves{
    {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}};

void ReadPreferences(YamlMap& map, WebConfig& web) {
  if (const auto suites = map.Find("cipher_suites")) {
    for (const YamlValue& suite : suites->List()) {
      const std::string name = suite.String();
      if (std::string_view(::OPENSSL_cipher_name(name.c_str())) == "(NONE)")
        suite.Fail("is not a cipher suite, as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is");
      web.cipher_suites.push_back(name);
    }
  }
  if (const auto curves = map.Find("curve_preferences")) {
    for (const YamlValue& curve : curves->List()) {
      const std::string name = curve.String();
      const auto* const found = std::ranges::find(kCurves, name, [](const auto& pair) { return pair.first; });
      if (found == kCurves.end()) curve.Fail("must be CurveP256, CurveP384, CurveP521 or X25519");
      web.curves.emplace_back(found->second);
    }
  }
  if (const auto field = map.Find("prefer_server_cipher_suites")) web.prefer_own_order = field->Bool();
}

void ReadTls(const YamlValue& value, const std::filesystem::path& directory, WebConfig& web) {
  YamlMap map = value.Map();
  const auto file = [&](const char* name) {
    const auto field = map.Find(name);
    const std::string text = field ? field->String() : "";
    return text.empty() ? text : (directory / text).string();
  };
  web.cert_file = file("cert_file");
  web.key_file = file("key_file");
  web.client_ca_file = file("client_ca_file");
  if (web.cert_file.empty() || web.key_file.empty()) value.Fail("needs both cert_file and key_file");
  if (const auto type = map.Find("client_auth_type")) {
    const std::string text = type->String();
    const auto* const found =
        std::ranges::find(kClientCertificates, text, [](const auto& pair) { return std::string_view(pair.first); });
    if (found == kClientCertificates.end()) {
      type->Fail(
          "must be NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or "
          "RequireAndVerifyClientCert");
    }
    web.client_certificate = found->second;
  }
  const bool verifies = web.client_certificate == ClientCertificate::kVerifyIfGiven ||
                        web.client_certificate == ClientCertificate::kRequireAndVerify;
  if (verifies && web.client_ca_file.empty()) value.Fail("client_auth_type needs a client_ca_file to verify with");
  if (!verifies && !web.client_ca_file.empty())
    value.Fail("client_ca_file needs the client_auth_type RequireAndVerifyClientCert or VerifyClientCertIfGiven");
  if (const auto version = map.Find("min_version")) web.min_version = config::ParseTlsVersion(*version);
  if (const auto version = map.Find("max_version")) web.max_version = config::ParseTlsVersion(*version);
  ReadPreferences(map, web);
  map.Finish();
}

void ReadHttp(const YamlValue& value, WebConfig& web) {
  YamlMap map = value.Map();
  // A permission only: answers are HTTP/1.1 either way.
  if (const auto field = map.Find("http2")) (void)field->Bool();
  if (const auto headers = map.Find("headers")) {
    for (const auto& [name, field] : headers->Entries()) {
      const auto known = kHeaders.find(name);
      if (known == kHeaders.end()) field.Fail("this header cannot be set");
      const std::string text = field.String();
      const std::vector<std::string_view>& values = known->second;
      if (!text.empty() && !values.empty() && std::ranges::find(values, text) == values.end())
        field.Fail("must be " + std::string(values.front()) +
                   (values.size() > 1 ? " or " + std::string(values.back()) : ""));
      if (text.find_first_of("\r\n") != std::string::npos) field.Fail("must be one line");
      if (!text.empty()) web.headers.emplace_back(name, text);
    }
  }
  map.Finish();
}

WebConfig ReadWeb(const YamlValue& root, const std::string& path) {
  WebConfig web;
  if (root.node().IsNull()) return web;  // an empty file asks for nothing
  YamlMap map = root.Map();
  if (const auto tls = map.Find("tls_server_config")) ReadTls(*tls, std::filesystem::path(path).parent_path(), web);
  if (const auto http = map.Find("http_server_config")) ReadHttp(*http, web);
  if (const auto users = map.Find("basic_auth_users")) {
    for (const auto& [name, hash] : users->Entries()) {
      const std::string text = hash.String();
      constexpr size_t kBcryptBytes = 60;
      if (!text.starts_with("$2") || text.size() != kBcryptBytes)
        hash.Fail("must be a bcrypt hash, as htpasswd -nBC 10 \"\" writes it");
      web.users.emplace(name, text);
    }
  }
  map.Finish();
  return web;
}

}  // namespace

WebConfig ReadWebConfig(const std::string& path) { return ReadWeb(config::ReadYamlFile(path), path); }

WebConfig ParseWebConfig(const std::string& file, const std::string& text) {
  return ReadWeb(config::ParseYaml(file, text), file);
}

}  // namespace tidemark::http
