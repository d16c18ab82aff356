#include "exporter/textfile/text_parser.h"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace tidemark::exporter::textfile;
using tidemark::exposition::MetricType;

namespace {

std::string ErrorOf(std::string_view text) {
  try {
    (void)ParseText(text);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("textfile: samples with types, helps and labels") {
  Families families = ParseText(
      "# a comment\n\n#HELP a A \\\\ and\\n\"more\"\n# TYPE a Counter\n a { x = \"1\\\"\" , } 2\na-1\n# HELP none\nb "
      "+Inf\n  ");
  REQUIRE(families.size() == 2);
  const Family& a = families["a"];
  CHECK(a.help == "A \\ and\n\"more\"");
  CHECK(a.type == MetricType::kCounter);
  REQUIRE(a.metrics.size() == 2);
  CHECK(a.metrics[0].labels == LabelMap{{"x", "1\""}});
  CHECK(a.metrics[0].value == 2);
  CHECK(a.metrics[1].value == -1);
  CHECK(families["b"].type == MetricType::kUntyped);
  CHECK_FALSE(families["b"].help);
}

TEST_CASE("textfile: histograms and summaries are one metric for each set of labels") {
  Families families = ParseText(
      "# TYPE h histogram\nh_bucket{le=\"1\",x=\"a\"} 1.9\nh_count{x=\"a\"} -1\nh_bucket{le=\"+Inf\"} "
      "3\nh_sum{x=\"a\"} 4.5\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 0.25\ns_sum 7\ns_bucket 1\n");
  REQUIRE(families["h"].metrics.size() == 2);
  const Metric& h = families["h"].metrics[0];
  CHECK(h.parts == std::map<double, double>{{1, 1}});
  CHECK(h.count == 18446744073709551615.0);
  CHECK(h.sum == 4.5);
  CHECK(families["h"].metrics[1].parts.size() == 1);
  CHECK(families["s"].metrics[0].parts == std::map<double, double>{{0.5, 0.25}});
  CHECK(families["s"].metrics[0].sum == 7);
  CHECK(families.contains("s_bucket"));
}

TEST_CASE("textfile: errors tell the line") {
  for (const auto& [text, error] : std::initializer_list<std::pair<const char*, const char*>>{
           {"a 1", "line 1: unexpected end of the file: the last line has no end"},
           {"a 1\n# x", "line 2: unexpected end of the file: the last line has no end"},
           {"a{x=\"1", "line 1: unexpected end of the file: the last line has no end"},
           {"1a 1\n", "line 1: invalid metric name"},
           {"# HELP a x\n# HELP a x\na 1\n", "line 2: second HELP line for a"},
           {"a 1\n# TYPE a gauge\n", "line 2: second TYPE line for a, or one after its samples"},
           {"# TYPE a foo\n", "line 1: unknown metric type \"foo\""},
           {"# TYPE {} foo\n", "line 1: invalid metric name in comment"},
           {"\na x\n", "line 2: expected a number as value, got \"x\""},
           {"a 1e400\n", "line 1: expected a number as value, got \"1e400\""},
           {"a 0x1p3\n", "line 1: expected a number as value, got \"0x1p3\""},
           {"a 1 2\n", "line 1: timestamps are not supported: \"2\""},
           {"a 1 \n", "line 1: blank after the value"},
           {"a{x=\"\xff\"} 1\n", "line 1: value of label x is not UTF-8"},
           {"a{x=\"1\" y=\"2\"} 1\n", "line 1: expected \",\" or \"}\" after a label's value"},
           {"a{x=\"1\",x=\"2\"} 1\n", "line 1: label x comes twice"},
           {"a{__name__=\"1\"} 1\n", "line 1: label name \"__name__\" is reserved"},
           {"a{x=\"\\z\"} 1\n", "line 1: invalid escape sequence \"\\z\""},
           {"a{x=\"1\n\"} 1\n", "line 1: label value contains a line break that is not escaped"},
           {"# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "line 2: expected a number as value of label le, got \"x\""}})
    CHECK(ErrorOf(text) == error);
}
