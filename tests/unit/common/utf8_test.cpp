#include "common/utf8.h"

#include <doctest/doctest.h>

TEST_CASE("malformed UTF-8 is recognised") {
  CHECK(tidemark::IsValidUtf8("plain ä € 😀"));
  for (const std::string wrong : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF"})
    CHECK_FALSE(tidemark::IsValidUtf8(wrong));
}

TEST_CASE("JSON strings are always valid JSON") {
  std::string out;
  tidemark::AppendJsonString(out, std::string("a\"\\\n\x01\xFF"
                                              "b\0c",
                                              9));
  CHECK(out ==
        "\"a\\\"\\\\\\n\\u0001\xEF\xBF\xBD"
        "b\\u0000c\"");
}
