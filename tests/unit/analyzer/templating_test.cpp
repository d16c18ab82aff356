#include <doctest/doctest.h>

#include <stdexcept>

#include "analyzer/templating/alert_template.h"
#include "analyzer/templating/go_format.h"

using namespace tidemark;
using namespace tidemark::templating;

namespace {

const storage::Labels kLabels{{"instance", "h:1"}, {"job", "node"}};

/// Two samples for `vector`, none for `nothing`, an error for anything else.
std::vector<QuerySample> Answer(const std::string& query) {
  if (query == "vector") return {{{{"a", "2"}}, 10}, {{{"a", "1"}}, 20}};
  if (query == "nothing") return {};
  throw std::runtime_error("1:1: parse error");
}

std::string Render(const std::string& text, double value = 1.5) {
  const AlertContext context{{{"region", "eu"}}, {Answer, "https://tide.example/mark"}};
  return AlertTemplate(text, AlertTemplate::Owner::kThreshold)
      .Expand({.labels = kLabels, .value = value, .level = "warning"}, context);
}

std::string Fault(const std::string& text, AlertTemplate::Owner owner = AlertTemplate::Owner::kRule) {
  try {
    const AlertTemplate parsed(text, owner);
    return "";
  } catch (const TemplateError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("templates give labels, values and what filters make of them") {
  CHECK(Render("{{ $labels.instance }} is {{$value}} ({{ $level }}){{ $labels.none }}") == "h:1 is 1.5 (warning)");
  CHECK(Render("{{ .Labels.job }} {{ .Value }} {{ $externalLabels.region }} {{ externalURL }}{{ pathPrefix }}") ==
        "node 1.5 eu https://tide.example/mark/mark");
  CHECK(Render("{{ $value | humanize }}", 1234567) == "1.235M");
  CHECK(Render("{{ $value | humanize1024 }}", 1536) == "1.5ki");
  CHECK(Render("{{ $value | humanizePercentage }}", 0.1234) == "12.34%");
  CHECK(Render("{{ $value | humanizeDuration }}", 3661) == "1h 1m 1s");
  CHECK(Render("{{ $value | humanizeTimestamp }}", 1435065584.128) == "2015-06-23 13:19:44.128 +0000 UTC");
  CHECK(Render("{{ $value | printf \"%.2f\" }}", 2) == "2.00");
  CHECK(Render("plain text, { and }}") == "plain text, { and }}");
}

TEST_CASE("templates branch, loop and ask") {
  CHECK(Render("{{ if gt $value 1.0 }}a{{ else if eq $level \"x\" }}b{{ else }}c{{ end }}") == "a");
  CHECK(Render("{{ range query \"vector\" | sortByLabel \"a\" }}{{ .Labels.a }}={{ .Value }};{{ end }}") ==
        "1=20;2=10;");
  CHECK(Render("{{ range $i, $s := query \"vector\" }}{{ $i }}:{{ $s | value }} {{ end }}") == "0:10 1:20 ");
  CHECK(Render("{{ range query \"nothing\" }}x{{ else }}none{{ end }}") == "none");
  CHECK(Render("{{ with query \"vector\" }}{{ . | first | label \"a\" }}{{ end }}") == "2");
  CHECK(Render("a {{- /* gone */ -}} b {{- \" c\" }}") == "ab c");
  CHECK(Render("{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" $labels.job }}") == "<node>");
  CHECK(Render("{{ $x := 1 }}{{ range query \"vector\" }}{{ $x = .Value }}{{ end }}{{ $x }}") == "20");
  CHECK(Render("{{ range query \"vector\" }}{{ if eq .Value 20.0 }}{{ break }}{{ end }}{{ .Value }}{{ end }}") == "10");
  CHECK(Render("{{ and true $labels.job }} {{ or \"\" 0 \"z\" }} {{ not nil }}") == "node z true");
}

TEST_CASE("what fails while a template is carried out is told in its place") {
  for (const char* text : {"{{ query \"x(\" }}", "{{ query \"nothing\" | first }}", "{{ $value.x }}", "{{ eq 1 1.0 }}",
                           "{{ humanize \"x\" }}", "{{ template \"none\" }}", "{{ index $labels 1 }}",
                           "{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}"}) {
    CAPTURE(text);
    CHECK(Render(text).starts_with("<error expanding template: line 1: "));
  }
}

TEST_CASE("a template is bounded in steps and output") {
  const std::string loops = "{{ range query \"vector\" }}";
  std::string nested;
  for (int i = 0; i < 30; ++i) nested += loops;
  nested += "x";
  for (int i = 0; i < 30; ++i) nested += "{{ end }}";
  CHECK(Render(nested).find("too many steps") != std::string::npos);
  std::string doubling = "{{ $x := \"0123456789\" }}";
  for (int i = 0; i < 30; ++i) doubling += "{{ $x = print $x $x }}";
  CHECK(Render(doubling).find("too long a text") != std::string::npos);
}

TEST_CASE("templates that Go refuses are refused with their line") {
  for (const char* text : {"{{ $value", "{{ nope }}", "{{ $value | nope }}", "{{ $none }}", "{{ if }}x{{ end }}",
                           "{{ if true }}x", "{{ end }}", "{{ $labels. }}", "{{ \"open }}", "{{ /* open }}",
                           "{{ break }}", "{{ 1 | 2 }}", "{{ () }}", "{{ range $a, $b, $c := . }}{{ end }}", "{{ '' }}",
                           "{{ 0x }}", "{{ else }}", "{{ template x }}", "{{ $level }}"}) {
    CAPTURE(text);
    CHECK(Fault(text).starts_with("line 1: "));
  }
  CHECK(Fault("\n\n{{ nope }}") == "line 3: function \"nope\" not defined");
  CHECK(Fault("{{ $level }}", AlertTemplate::Owner::kThreshold).empty());
  std::string deep = "{{ ";
  for (int i = 0; i < 100'000; ++i) deep += '(';
  CHECK(Fault(deep) == "line 1: nested too deeply");
}

TEST_CASE("printf follows Go") {
  CHECK(FormatGo("%5.1f|%-6s|%06d|%+d|%x|%q|%v|%t|%%", {1.25, "ab", int64_t{-42}, int64_t{7}, int64_t{255}, "a\"b", 1e6,
                                                        true}) == "  1.2|ab    |-00042|+7|ff|\"a\\\"b\"|1e+06|true|%");
  CHECK(FormatGo("%d %s", {1.5, int64_t{2}}) == "%!d(float64=1.5) %!s(int=2)");
  CHECK(FormatGo("%d", {}) == "%!d(MISSING)");
  CHECK(FormatGo("x", {int64_t{1}}) == "x%!(EXTRA int=1)");
  CHECK(FormatGo("%[2]s %[1]s %*d", {"a", "b", int64_t{5}}) == "b a %!(BADWIDTH)5");
  CHECK(FormatGo("%", {}) == "%!(NOVERB)");
  CHECK_THROWS_AS(FormatGo("%99999d", {int64_t{1}}), TemplateError);
}
