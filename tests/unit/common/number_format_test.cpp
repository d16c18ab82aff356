#include "common/number_format.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace {

std::string Go(double value) {
  std::string text;
  tidemark::AppendGoFloat(text, value);
  return text;
}

}  // namespace

// The expectations are what node_exporter and Prometheus print for these values.
TEST_CASE("exposition numbers look as Go's %g") {
  CHECK(Go(0) == "0");
  CHECK(Go(-0.0) == "-0");
  CHECK(Go(348645) == "348645");
  CHECK(Go(1e6) == "1e+06");
  CHECK(Go(1.795477517e9) == "1.795477517e+09");
  CHECK(Go(14.668000000000001) == "14.668000000000001");
  CHECK(Go(8.656e-06) == "8.656e-06");
  CHECK(Go(0.0001) == "0.0001");
  CHECK(Go(1234567.5) == "1.2345675e+06");
  CHECK(Go(INFINITY) == "+Inf");
  CHECK(Go(-INFINITY) == "-Inf");
  CHECK(Go(NAN) == "NaN");
}

TEST_CASE("API numbers are plain between 1e-6 and 1e21") {
  CHECK(tidemark::FormatPlainFloat(1e22) == "10000000000000000000000");
  CHECK(tidemark::FormatPlainFloat(-1.5e-10) == "-0.00000000015");
  CHECK(tidemark::FormatPlainFloat(0.1) == "0.1");
  CHECK(tidemark::FormatPlainFloat(-0.0) == "-0");
  CHECK(tidemark::FormatPlainFloat(5e-324).size() == 326);
  CHECK(tidemark::FormatPlainFloat(1.7976931348623157e308) == "17976931348623157" + std::string(292, '0'));
  CHECK(tidemark::FormatPlainFloat(-std::numeric_limits<double>::infinity()) == "-Inf");
  CHECK(tidemark::FormatApiFloat(1e6) == "1000000");
  CHECK(tidemark::FormatApiFloat(1e20) == "100000000000000000000");
  CHECK(tidemark::FormatApiFloat(1e21) == "1e+21");
  CHECK(tidemark::FormatApiFloat(9223372036854775807.0) == "9223372036854776000");
  CHECK(tidemark::FormatApiFloat(-18446744073709551615.0) == "-18446744073709552000");
  CHECK(tidemark::FormatApiFloat(9007199254740991.0) == "9007199254740991");
  CHECK(tidemark::FormatApiFloat(9007199254740992.0) == "9007199254740992");
  CHECK(tidemark::FormatApiFloat(9007199254740994.0) == "9007199254740994");
  CHECK(tidemark::FormatApiFloat(123456789012345680000.0) == "123456789012345680000");
  CHECK(tidemark::FormatApiFloat(0.000001) == "0.000001");
  CHECK(tidemark::FormatApiFloat(1e-7) == "1e-07");
}

TEST_CASE("numbers parse in every form and nothing else does") {
  using tidemark::ParseFloat;
  CHECK(ParseFloat("1.5e3") == 1500);
  CHECK(ParseFloat("0x1F") == 31);
  CHECK(ParseFloat("-0x10") == -16);
  CHECK(ParseFloat("+Inf") == INFINITY);
  CHECK(ParseFloat("-infinity") == -INFINITY);
  CHECK(std::isnan(*ParseFloat("NaN")));
  CHECK(ParseFloat("1e999") == INFINITY);
  CHECK(ParseFloat("1e-999") == 0);
  for (const char* wrong : {"", "+", "--1", "+-1", "1_000", "nan(1)", "infi", "0x", "1e", "1 ", " 1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseFloat(wrong).has_value());
  }
}

TEST_CASE("short decimals are rounded as strtod rounds them, and others are left to the long way") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200'000; ++i) {
    std::string text = random() % 2 == 0 ? "" : "-";
    text += std::to_string(random() % 1'000'000'000 >> random() % 30);
    if (random() % 2 == 0) text += "." + std::to_string(random() % 1'000'000);
    if (random() % 2 == 0) text += (random() % 2 == 0 ? "e+" : "E-") + std::to_string(random() % 32);
    CAPTURE(text);
    const double exact = std::strtod(text.c_str(), nullptr);
    CHECK(std::bit_cast<uint64_t>(*tidemark::ParseFloat(text)) == std::bit_cast<uint64_t>(exact));
    double short_decimal = 0;
    if (tidemark::ParseShortDecimal(text, short_decimal))
      CHECK(std::bit_cast<uint64_t>(short_decimal) == std::bit_cast<uint64_t>(exact));
  }
  double value = 0;
  CHECK(tidemark::ParseShortDecimal("1.795477517e+09", value));
  CHECK(value == 1795477517.0);
  for (const char* other : {"", "-", "+1", ".5", "1e", "1e+", "1e100", "1234567890123456", "Inf", "0x1", "1 "}) {
    CAPTURE(other);
    CHECK_FALSE(tidemark::ParseShortDecimal(other, value));
  }
}

TEST_CASE("every float reads back as it was written") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    CHECK(tidemark::ParseFloat(Go(value)) == value);
    CHECK(tidemark::ParseFloat(tidemark::FormatApiFloat(value)) == value);
  }
}
