#include "common/plain_text.h"

#include <doctest/doctest.h>

#include <cctype>
#include <string>

using tidemark::IsNameText;
using tidemark::IsPlainText;

TEST_CASE("a byte that is not plain, or not of a name, is found at each place of texts of each length") {
  const auto is_plain = [](unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; };
  const auto is_of_name = [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == ':'); };
  CHECK(IsPlainText(""));
  CHECK(IsNameText(""));
  for (size_t length = 1; length <= 50; ++length) {
    for (size_t place = 0; place < length; ++place) {
      std::string text(length, 'z');
      for (int c = 0; c < 256; ++c) {
        text[place] = static_cast<char>(c);
        CAPTURE(text);
        REQUIRE(IsPlainText(text) == is_plain(static_cast<unsigned char>(c)));
        REQUIRE(IsNameText(text) == is_of_name(static_cast<unsigned char>(c)));
      }
    }
  }
}
