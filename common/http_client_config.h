#pragma once

#include <cstdint>
#include <string>

#include "common/yaml_reader.h"

namespace tidemark::config {

/// How a scrape or a discovery request is made, with Prometheus's fields and defaults.
struct HttpClientConfig {
  struct BasicAuth {
    std::string username;
    std::string password;
    std::string password_file;  ///< read at each request
  };
  struct Authorization {
    std::string type = "Bearer";
    std::string credentials;
    std::string credentials_file;  ///< read at each request
  };
  struct Tls {
    std::string ca_file;
    std::string cert_file;
    std::string key_file;
    std::string server_name;
    int min_version = 0;  ///< as OpenSSL numbers it; 0: its default
    bool insecure_skip_verify = false;
  };

  BasicAuth basic_auth;         ///< none when the user name is empty
  Authorization authorization;  ///< none when both credentials are empty
  Tls tls;
  std::string proxy_url;  ///< "http://host:port", or empty
  bool follow_redirects = true;
};

/// A password or token: the text, or what its file holds without blanks around it. \throw std::runtime_error
std::string ReadSecret(const std::string& text, const std::string& file);

/// Reads TLS10 to TLS13, as OpenSSL numbers it. \throw ConfigError
int ParseTlsVersion(const YamlValue& value);

/// Reads a tls_config. Relative files are relative to `directory`. \throw ConfigError
HttpClientConfig::Tls ParseTlsConfig(const YamlValue& value, const std::string& directory);

/// Reads the client's fields out of a map that may have others. Relative files are relative to `directory`.
/// \throw ConfigError
HttpClientConfig ParseHttpClientConfig(YamlMap& map, const std::string& directory);

}  // namespace tidemark::config
