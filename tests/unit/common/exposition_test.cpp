#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "common/exposition/parser.h"
#include "common/exposition/writer.h"

using namespace tidemark::exposition;

namespace {

struct Parsed {
  std::string series;
  double value;
  std::optional<int64_t> timestamp_ms;
};

/// All samples, or the error as the only one's series.
std::vector<Parsed> ParseAll(std::string_view page, Format format = Format::kText004) {
  Parser parser(page, format);
  std::vector<Parsed> all;
  std::vector<Label> labels;
  while (true) {
    switch (parser.Next()) {
      case Parser::Entry::kEnd:
        return all;
      case Parser::Entry::kError:
        return {{"error: " + parser.error(), 0, {}}};
      case Parser::Entry::kSample: {
        if (!parser.Labels(labels)) return {{"error: " + parser.error(), 0, {}}};
        std::string series(parser.name());
        for (const Label& label : labels) series += "," + std::string(label.name) + "=" + std::string(label.value);
        all.push_back({series, parser.value(), parser.timestamp_ms()});
        break;
      }
      default:
        break;
    }
  }
}

std::string ErrorOf(std::string_view page, Format format = Format::kText004) {
  const auto all = ParseAll(page, format);
  return all.size() == 1 && all[0].series.starts_with("error: ") ? all[0].series.substr(7) : "";
}

}  // namespace

TEST_CASE("text 0.0.4 samples parse with labels, escapes, blanks and timestamps") {
  const auto all = ParseAll(
      "# a comment\n# HELP a help \\\\ text\n# TYPE a counter\na 1\n\n \na { x = \"1\" , y=\"q\\\"\\\\\\n\" , } 2.5e3  "
      "123 \nb{}\t+Inf\nc NaN\n");
  REQUIRE(all.size() == 4);
  CHECK(all[0].series == "a");
  CHECK(all[0].value == 1);
  CHECK(all[1].series == "a,x=1,y=q\"\\\n");
  CHECK(all[1].value == 2500);
  CHECK(all[1].timestamp_ms == 123);
  CHECK(all[2].value == INFINITY);
  CHECK(std::isnan(all[3].value));
}

TEST_CASE("a series that is expected and known is taken without a look at its labels") {
  const std::string_view page = "# TYPE a counter\na{x=\"}\"} 1 5\na{x=\"2\"} 2\nab 3\na 4\na{x=\"2\"} z\n";
  Parser parser(page, Format::kText004);
  size_t asked = 0;
  const auto next = [&](std::string_view expected) {
    return parser.Next(expected.size(), [&](std::string_view text) {
      ++asked;
      return text == expected;
    });
  };
  CHECK(next("a") == Parser::Entry::kType);
  REQUIRE(next("a{x=\"}\"}") == Parser::Entry::kSample);
  CHECK(parser.series_text() == "a{x=\"}\"}");
  CHECK(parser.value() == 1);
  CHECK(parser.timestamp_ms() == 5);
  CHECK(asked == 1);
  // Another text of the same length, and one that is longer than what was expected.
  REQUIRE(next("a{x=\"1\"}") == Parser::Entry::kSample);
  CHECK(asked == 2);
  CHECK(parser.series_text() == "a{x=\"2\"}");
  REQUIRE(next("a") == Parser::Entry::kSample);
  CHECK(asked == 2);
  CHECK(parser.series_text() == "ab");
  REQUIRE(next("a") == Parser::Entry::kSample);
  CHECK(parser.value() == 4);
  CHECK(next("a{x=\"2\"}") == Parser::Entry::kError);
  CHECK(parser.error() == "line 6, column 10: expected a number, got \"z\"");
}

TEST_CASE("a page without a last newline is whole") { CHECK(ParseAll("a 1").size() == 1); }

TEST_CASE("malformed pages name line and column") {
  CHECK(ErrorOf("a 1\nb x\n") == "line 2, column 3: expected a number, got \"x\"");
  CHECK(ErrorOf("a{x=\"1\" 2\n") == "line 1, column 2: label block is not closed");
  CHECK(ErrorOf("a{x=1} 2\n") == "line 1, column 5: expected a quoted label value");
  CHECK(ErrorOf("a{x=\"1\",x=\"2\"} 2\n") == "line 1, column 9: label name comes twice");
  CHECK(ErrorOf("a{x=\"\xFF\"} 2\n") == "line 1, column 6: label value is not valid UTF-8");
  CHECK(ErrorOf("1a 2\n") == "line 1, column 1: expected a metric name");
  CHECK(ErrorOf(" a 2\n") == "line 1, column 1: expected a metric name");
  CHECK(ErrorOf("a 1 2 3\n") == "line 1, column 7: expected the end of the line");
  CHECK(ErrorOf("a 1 1.5\n") == "line 1, column 5: expected a timestamp, got \"1.5\"");
  CHECK(ErrorOf("# TYPE a thing\n") == "line 1, column 10: invalid metric type \"thing\"");
  CHECK(ErrorOf("a") == "line 1, column 2: expected a number, got \"\"");
}

TEST_CASE("OpenMetrics needs its EOF, has timestamps in seconds and drops exemplars") {
  const auto all =
      ParseAll("# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1 12.5 # {id=\"x\"} 0.5 1\n# EOF\n",
               Format::kOpenMetrics);
  REQUIRE(all.size() == 1);
  CHECK(all[0].timestamp_ms == 12500);
  CHECK(ErrorOf("a 1\n", Format::kOpenMetrics) == "line 2, column 1: page does not end with \"# EOF\"");
  CHECK(ErrorOf("# EOF\na 1\n", Format::kOpenMetrics) == "line 2, column 1: unexpected data after \"# EOF\"");
  CHECK(ErrorOf("a 1 # {x} 1\n# EOF\n", Format::kOpenMetrics).empty());  // an exemplar's labels are not looked at
}

TEST_CASE("the writer escapes, repairs UTF-8 and knows both formats") {
  std::string text;
  Writer writer(Format::kText004, text);
  writer.Family("a_total", "line\nbreak", MetricType::kCounter);
  writer.Sample({{"x", "q\"\\\n"},
                 {"y",
                  "bad\xFF\xFE"
                  "byte"}},
                1);
  writer.Finish();
  CHECK(text ==
        "# HELP a_total line\\nbreak\n# TYPE a_total counter\na_total{x=\"q\\\"\\\\\\n\",y=\"bad\xEF\xBF\xBD"
        "byte\"} 1\n");
  CHECK(writer.FamilyNames() == std::set<std::string, std::less<>>{"a_total"});
  CHECK(ParseAll(text).size() == 1);

  std::string open_metrics;
  Writer other(Format::kOpenMetrics, open_metrics);
  other.Family("a_total", "h", MetricType::kCounter);
  other.Sample({}, 1);
  other.Family("b", "h", MetricType::kCounter);
  other.Sample({}, 2);
  other.Single("c", "h", MetricType::kUntyped, 3);
  other.Finish();
  CHECK(open_metrics ==
        "# HELP a h\n# TYPE a counter\na_total 1\n# HELP b h\n# TYPE b counter\nb_total 2\n# HELP c h\n# TYPE c "
        "unknown\nc 3\n# EOF\n");
}

TEST_CASE("a page tells which families it has, counters by both of their names") {
  std::string text;
  Writer writer(Format::kOpenMetrics, text);
  CHECK(writer.FamilyNames().empty());
  writer.Single("a_total", "# TYPE b gauge", MetricType::kCounter, 1);
  writer.Single("c", "", MetricType::kGauge, 1);
  CHECK(writer.FamilyNames() == std::set<std::string, std::less<>>{"a", "a_total", "c"});
}

TEST_CASE("the writer tells units and beginnings where the format can") {
  const auto page = [](Format format) {
    std::string text;
    Writer writer(format, text);
    writer.Family("cpu_seconds_total", "h", MetricType::kCounter);
    const std::array<Label, 1> labels{{{"mode", "a\\b"}}};
    writer.Sample(labels, 1);
    writer.Created(labels, 1700000000.5);
    writer.Sample({{"mode", "c"}}, 2);
    writer.Single("milliseconds", "h", MetricType::kGauge, 3);
    writer.Finish();
    return text;
  };
  CHECK(page(Format::kOpenMetrics) ==
        "# HELP cpu_seconds h\n# TYPE cpu_seconds counter\n# UNIT cpu_seconds seconds\n"
        "cpu_seconds_total{mode=\"a\\\\b\"} 1\ncpu_seconds_created{mode=\"a\\\\b\"} 1.7000000005e+09\n"
        "cpu_seconds_total{mode=\"c\"} 2\n# HELP milliseconds h\n# TYPE milliseconds gauge\nmilliseconds 3\n# EOF\n");
  CHECK(ErrorOf(page(Format::kOpenMetrics), Format::kOpenMetrics).empty());
  CHECK(page(Format::kText004) ==
        "# HELP cpu_seconds_total h\n# TYPE cpu_seconds_total counter\ncpu_seconds_total{mode=\"a\\\\b\"} 1\n"
        "cpu_seconds_total{mode=\"c\"} 2\n# HELP milliseconds h\n# TYPE milliseconds gauge\nmilliseconds 3\n");
}
