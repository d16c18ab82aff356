#include "common/base64.h"

#include <openssl/evp.h>

namespace tidemark {

std::optional<std::string> DecodeBase64(std::string_view text) {
  constexpr size_t kGroup = 4;
  if (text.empty() || text.size() % kGroup != 0) return std::nullopt;
  std::string decoded(text.size() / kGroup * 3, '\0');
  const int bytes =
      ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (bytes < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  decoded.resize(static_cast<size_t>(bytes) - padding);
  return decoded;
}

}  // namespace tidemark
