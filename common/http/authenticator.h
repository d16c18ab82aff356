#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/web_config.h"

namespace tidemark::http {

/// Checks the name and password of a request (basic authentication, RFC 7617) against bcrypt hashes. Any thread.
class Authenticator {
 public:
  /// The one of `users` whom the Authorization header is of; empty when it is of none.
  std::optional<std::string> Check(std::string_view authorization,
                                   const std::map<std::string, std::string, std::less<>>& users);

 private:
  bool CheckPassword(const std::string& password, const std::string& hash);

  std::mutex mutex_;  // guards the next
  // A hash takes some ten milliseconds on purpose: what was checked is kept, by the digest of password and hash.
  std::map<std::string, bool> checked_;
};

}  // namespace tidemark::http
