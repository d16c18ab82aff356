#include "common/http/authenticator.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <optional>

#include "common/base64.h"
#include "common/text.h"

namespace tidemark::http {
namespace {

constexpr size_t kMaxChecked = 100;
/// Of nobody: asked for names that do not exist, so that the time does not tell which do.
constexpr const char* kNobody = "$2b$10$7zWMYr0LRipJcAhFjKgYlO0WM6Ty1q.hj4tACuGnBC2Yez3lnNUCK";

std::string Digest(const std::string& password, const std::string& hash) {
  std::string text = hash;
  text += '\0';
  text += password;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  ::EVP_Digest(text.data(), text.size(), digest.data(), &bytes, ::EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), bytes};
}

}  // namespace

bool Authenticator::CheckPassword(const std::string& password, const std::string& hash) {
  const std::string digest = Digest(password, hash);
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = checked_.find(digest); known != checked_.end()) return known->second;
  }
  const auto data = std::make_unique<crypt_data>();
  const char* const computed = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool is_right = computed != nullptr && std::string_view(computed).size() == hash.size() &&
                        ::CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  const std::lock_guard lock(mutex_);
  if (checked_.size() >= kMaxChecked) checked_.clear();
  checked_[digest] = is_right;
  return is_right;
}

std::optional<std::string> Authenticator::Check(std::string_view authorization,
                                                const std::map<std::string, std::string, std::less<>>& users) {
  const size_t blank = authorization.find(' ');
  if (blank == std::string_view::npos || !EqualsIgnoreCase(authorization.substr(0, blank), "Basic"))
    return std::nullopt;
  const auto pair = DecodeBase64(Trim(authorization.substr(blank)));
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  // crypt takes a password that ends at its first zero byte.
  if (colon == std::string::npos || pair->find('\0') != std::string::npos) return std::nullopt;
  const auto user = users.find(std::string_view(*pair).substr(0, colon));
  const bool is_known = user != users.end();
  const bool is_right = CheckPassword(pair->substr(colon + 1), is_known ? user->second : kNobody);
  return is_right && is_known ? std::optional(user->first) : std::nullopt;
}

}  // namespace tidemark::http
