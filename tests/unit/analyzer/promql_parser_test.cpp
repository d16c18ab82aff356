#include <doctest/doctest.h>

#include "analyzer/promql/parser.h"

using namespace tidemark::promql;

namespace {

std::string ErrorOf(const std::string& query) {
  try {
    (void)ParseExpr(query);
    return "";
  } catch (const ParseError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("what Prometheus takes is taken") {
  for (const char* query : {"1",
                            "-1 ^ 2",
                            "0x1F + 1e3 - .5",
                            "Inf",
                            "nan",
                            "\"text\"",
                            "up",
                            "up{}",
                            "{__name__=~\"a.+\",b!=\"c\",}",
                            "a:b:c{x='y'} offset 5m",
                            "up offset -1h",
                            "up @ 1.5",
                            "up @ start() offset 1m",
                            "rate(x[5m] offset 1d)",
                            "rate(x[5m:30s])",
                            "max_over_time(rate(x[1m])[10m:] offset 1h)",
                            "sum by (a, b) (x)",
                            "sum(x) without (a,)",
                            "SUM(x)",
                            "topk(3, x)",
                            "count_values(\"v\", x)",
                            "a + on (x) group_left (y) b",
                            "a * ignoring (x) group_right b",
                            "a and b or c unless d",
                            "a > bool 1",
                            "1 > bool 2",
                            "a == b",
                            "time()",
                            "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
                            "sum",
                            "sum + sum",
                            "by",
                            "offset{a=\"1\"}",
                            "a # comment\n + b",
                            "x{a=\"\\u00e4\\n\", b=`raw\\n`}",
                            "round(x, 0.1)",
                            "((((x))))",
                            "day_of_week()",
                            "- - x"}) {
    CAPTURE(query);
    CHECK(ErrorOf(query) == "");
  }
}

TEST_CASE("errors carry their place and what was expected") {
  CHECK(ErrorOf("") == "1:1: parse error: no expression found in input");
  CHECK(ErrorOf("sum(rate(x[5m])") == "1:16: parse error: unclosed left parenthesis");
  CHECK(ErrorOf("a\n+ +\n") == "3:1: parse error: unexpected end of input, expected an expression");
  CHECK(ErrorOf("foo(x)") == "1:1: parse error: unknown function with name \"foo\"");
  CHECK(ErrorOf("rate(x)") ==
        "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector");
  CHECK(ErrorOf("rate(x[5m], 1)") == "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 2");
  CHECK(ErrorOf("x[0s]") == "1:3: parse error: duration must be greater than 0");
  CHECK(ErrorOf("{}") == "1:1: parse error: vector selector must contain at least one non-empty matcher");
  CHECK(ErrorOf("x{a=~\"(\"}").starts_with("1:3: parse error: error parsing regexp"));
  CHECK(ErrorOf("1 > 2") == "1:3: parse error: comparisons between scalars must use BOOL modifier");
  CHECK(ErrorOf("1 and x") == "1:1: parse error: set operator \"and\" not allowed in binary scalar expression");
  CHECK(ErrorOf("x + bool y") == "1:3: parse error: bool modifier can only be used on comparison operators");
  CHECK(ErrorOf("x and on(a) group_left y") == "1:1: parse error: no grouping allowed for \"and\" operation");
  CHECK(ErrorOf("a + on(x) group_left(x) b") ==
        "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once");
  CHECK(ErrorOf("1 offset 5m").starts_with("1:1: parse error: offset modifier must be preceded by"));
  CHECK(ErrorOf("x{__name__=\"y\"}").starts_with("1:1: parse error: metric name must not be set twice"));
  CHECK(ErrorOf("\"abc") == "1:1: parse error: unterminated quoted string");
  CHECK(ErrorOf("5k") == "1:1: parse error: bad number or duration syntax: \"5k\"");
  CHECK(ErrorOf("x{a=\"b\"") == "1:8: parse error: unexpected end of input inside braces");
  CHECK(ErrorOf("f(x, ä)") == "1:6: parse error: unexpected character: \"ä\"");
  CHECK(ErrorOf("rate(x) + sum by (job)") == "1:23: parse error: unexpected end of input, expected \"(\"");
  CHECK(ErrorOf("0x1.5") == "1:1: parse error: bad number, or one out of range: \"0x1.5\"");
  CHECK(ErrorOf("1e400") == "1:1: parse error: bad number, or one out of range: \"1e400\"");
  CHECK(ErrorOf("x[5m:0s]") == "1:6: parse error: duration must be greater than 0");
  CHECK(ErrorOf("x offset 2h1d") == "1:10: parse error: not a valid duration: \"2h1d\"");
  CHECK(ErrorOf("x @ Inf") == "1:1: parse error: timestamp out of bounds for @ modifier: +Inf");
  CHECK(ErrorOf("x $ y") == "1:3: parse error: unexpected character: \"$\"");
}

TEST_CASE("depth and length are bounded, with an error and without a crash") {
  CHECK(ErrorOf(std::string(100'000, '(')).find("longer than") != std::string::npos);
  CHECK(ErrorOf(std::string(20'000, '(')).find("levels deep") != std::string::npos);
  CHECK(ErrorOf(std::string(20'000, '-') + "1").find("levels deep") != std::string::npos);
  std::string chain = "1";
  for (int i = 0; i < 10'000; ++i) chain += "+1";
  CHECK(ErrorOf(chain).find("operators in one expression") != std::string::npos);
  CHECK(ErrorOf(std::string(100, '(') + "1" + std::string(100, ')')) == "");
}
