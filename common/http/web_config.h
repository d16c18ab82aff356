#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/http/message.h"

namespace tidemark::http {

/// The file of --web.config.file, as Prometheus's programs have it: TLS, users, and headers of answers.
struct WebConfig {
  /// What a client must show.
  enum class ClientCertificate { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };

  std::string cert_file;  ///< empty: no TLS
  std::string key_file;
  std::string client_ca_file;
  ClientCertificate client_certificate = ClientCertificate::kNone;
  int min_version = 0;  ///< as OpenSSL numbers it; 0: its default
  int max_version = 0;
  std::vector<std::string> cipher_suites;  ///< by the names of IANA's registry, best first; empty: OpenSSL's default
  std::vector<std::string> curves;         ///< by OpenSSL's names, best first; empty: its default
  bool prefer_own_order = true;            ///< the server's order of cipher suites before the client's
  Fields headers;                          ///< added to every answer
  std::map<std::string, std::string, std::less<>> users;  ///< name -> bcrypt hash; empty: everybody may ask

  [[nodiscard]] bool HasTls() const { return !cert_file.empty(); }
};

/// Reads the file; what it names is relative to its folder. \throw config::ConfigError naming file, line and field
WebConfig ReadWebConfig(const std::string& path);
/// The same of text. `file` is for messages and the folder.
WebConfig ParseWebConfig(const std::string& file, const std::string& text);

}  // namespace tidemark::http
