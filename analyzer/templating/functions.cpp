#include "analyzer/templating/functions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>

#include "analyzer/templating/go_format.h"
#include "analyzer/templating/humanize.h"
#include "common/duration.h"
#include "common/go_regex.h"
#include "common/http/url.h"
#include "common/number_format.h"

// Sources: https://pkg.go.dev/text/template, "Functions"; https://prometheus.io/docs/prometheus/latest/configuration/
// template_reference/.

namespace tidemark::templating {
namespace {

using Arguments = std::vector<Value>;

[[noreturn]] void WrongType(const char* wanted, const Value& value) {
  throw TemplateError(std::string("wrong type for value; expected ") + wanted + "; got " + value.TypeName());
}

const std::string& Text(const Value& value) {
  const std::string* text = value.AsText();
  if (text == nullptr) WrongType("string", value);
  return *text;
}

int64_t Integer(const Value& value) {
  const int64_t* integer = value.AsInteger();
  if (integer == nullptr) WrongType("int", value);
  return *integer;
}

const List& ListOf(const Value& value) {
  const List* list = value.AsList();
  if (list == nullptr) WrongType("list of samples", value);
  return *list;
}

/// A number, or a text that is one.
double Number(const Value& value) {
  if (const double* number = value.AsFloat()) return *number;
  if (const int64_t* integer = value.AsInteger()) return static_cast<double>(*integer);
  if (const std::string* text = value.AsText()) {
    const std::optional<double> number = ParseFloat(*text);
    if (!number) throw TemplateError("can't convert \"" + *text + "\" to a number");
    return *number;
  }
  throw TemplateError(std::string("can't convert ") + value.TypeName() + " to float");
}

// Of text/template.

Value And(const Environment& /*environment*/, const Arguments& arguments) { return arguments.back(); }
Value Or(const Environment& /*environment*/, const Arguments& arguments) { return arguments.back(); }
Value Not(const Environment& /*environment*/, const Arguments& arguments) { return !arguments[0].IsTrue(); }

/// Below 0, 0 or above as a is to b; none for a NaN. \throw TemplateError for types that do not compare
std::optional<int> Compare(const Value& a, const Value& b) {
  const auto order = [](const auto& left, const auto& right) -> std::optional<int> {
    if (left < right) return -1;
    if (right < left) return 1;
    return left == right ? std::optional(0) : std::nullopt;
  };
  if (a.AsInteger() != nullptr && b.AsInteger() != nullptr) return order(*a.AsInteger(), *b.AsInteger());
  if (a.AsFloat() != nullptr && b.AsFloat() != nullptr) return order(*a.AsFloat(), *b.AsFloat());
  if (a.AsText() != nullptr && b.AsText() != nullptr) return order(*a.AsText(), *b.AsText());
  if (a.AsBool() != nullptr && b.AsBool() != nullptr) return order(*a.AsBool(), *b.AsBool());
  throw TemplateError("incompatible types for comparison");
}

/// Also nils, which are equal to each other only.
bool Equal(const Value& a, const Value& b) {
  if (a.IsNil() || b.IsNil()) return a.IsNil() && b.IsNil();
  return Compare(a, b) == 0;
}

/// Text and numbers have an order, truths have none.
std::optional<int> Ordered(const Value& a, const Value& b) {
  if (a.AsBool() != nullptr) throw TemplateError("invalid type for comparison");
  return Compare(a, b);
}

Value Eq(const Environment& /*environment*/, const Arguments& arguments) {
  return std::any_of(arguments.begin() + 1, arguments.end(), [&](const Value& b) { return Equal(arguments[0], b); });
}
Value Ne(const Environment& /*environment*/, const Arguments& arguments) { return !Equal(arguments[0], arguments[1]); }
Value Lt(const Environment& /*environment*/, const Arguments& arguments) {
  return Ordered(arguments[0], arguments[1]) == -1;
}
/// As in Go: lt or eq, and gt is what le is not, so that a NaN is gt of everything.
Value Le(const Environment& /*environment*/, const Arguments& arguments) {
  return Ordered(arguments[0], arguments[1]).value_or(1) <= 0;
}
Value Gt(const Environment& environment, const Arguments& arguments) { return !Le(environment, arguments).IsTrue(); }
Value Ge(const Environment& environment, const Arguments& arguments) { return !Lt(environment, arguments).IsTrue(); }

Value Len(const Environment& /*environment*/, const Arguments& arguments) {
  if (const List* list = arguments[0].AsList()) return static_cast<int64_t>(list->size());
  if (const std::string* text = arguments[0].AsText()) return static_cast<int64_t>(text->size());
  const Value::Map* map = arguments[0].AsMap();
  if (map == nullptr || map->kind == Value::MapKind::kStruct)
    throw TemplateError(std::string("len of type ") + arguments[0].TypeName());
  return static_cast<int64_t>(map->fields.size());
}

Value IndexOnce(const Value& value, const Value& key) {
  const auto position = [&](size_t size) {
    const int64_t index = Integer(key);
    if (index < 0 || static_cast<size_t>(index) >= size)
      throw TemplateError("index out of range: " + std::to_string(index));
    return static_cast<size_t>(index);
  };
  if (const List* list = value.AsList()) return (*list)[position(list->size())];
  if (const std::string* text = value.AsText())
    return static_cast<int64_t>(static_cast<unsigned char>((*text)[position(text->size())]));
  if (const Value::Map* map = value.AsMap(); map != nullptr && map->kind != Value::MapKind::kStruct)
    return value.Field(Text(key));
  if (value.IsNil()) throw TemplateError("index of untyped nil");
  throw TemplateError(std::string("can't index item of type ") + value.TypeName());
}

Value Index(const Environment& /*environment*/, const Arguments& arguments) {
  Value value = arguments[0];
  for (size_t i = 1; i < arguments.size(); ++i) value = IndexOnce(value, arguments[i]);
  return value;
}

Value Slice(const Environment& /*environment*/, const Arguments& arguments) {
  const List* list = arguments[0].AsList();
  const std::string* text = arguments[0].AsText();
  if (list == nullptr && text == nullptr)
    throw TemplateError(std::string("can't slice item of type ") + arguments[0].TypeName());
  const size_t size = list != nullptr ? list->size() : text->size();
  const auto bound = [&](size_t i, size_t otherwise) {
    if (i >= arguments.size()) return otherwise;
    const int64_t value = Integer(arguments[i]);
    if (value < 0 || static_cast<size_t>(value) > size)
      throw TemplateError("index out of range: " + std::to_string(value));
    return static_cast<size_t>(value);
  };
  const size_t begin = bound(1, 0);
  const size_t end = bound(2, size);
  if (begin > end) throw TemplateError("invalid slice index: " + std::to_string(begin) + " > " + std::to_string(end));
  if (text != nullptr) return text->substr(begin, end - begin);
  return List(list->begin() + static_cast<ptrdiff_t>(begin), list->begin() + static_cast<ptrdiff_t>(end));
}

/// As Go's fmt.Sprint: a space between two that are both no text.
std::string PrintAll(const Arguments& arguments) {
  std::string out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0 && arguments[i].AsText() == nullptr && arguments[i - 1].AsText() == nullptr) out += ' ';
    out += arguments[i].Print();
  }
  return out;
}

Value Print(const Environment& /*environment*/, const Arguments& arguments) { return PrintAll(arguments); }

Value PrintLine(const Environment& /*environment*/, const Arguments& arguments) {
  std::string out;
  for (const Value& argument : arguments) out += (out.empty() ? "" : " ") + argument.Print();
  return out + '\n';
}

Value PrintFormatted(const Environment& /*environment*/, const Arguments& arguments) {
  return FormatGo(Text(arguments[0]), Arguments(arguments.begin() + 1, arguments.end()));
}

/// Each character that `escapes` names replaced, in what print gives of the arguments.
template <size_t N>
std::string Escaped(const Arguments& arguments, const std::array<std::pair<char, const char*>, N>& escapes) {
  std::string out;
  const std::string text = PrintAll(arguments);
  for (const char c : text) {
    const auto escape = std::ranges::find(escapes, c, &std::pair<char, const char*>::first);
    if (escape == escapes.end()) {
      out += c;
    } else {
      out += escape->second;
    }
  }
  return out;
}

Value EscapeHtml(const Environment& /*environment*/, const Arguments& arguments) {
  static constexpr std::array<std::pair<char, const char*>, 6> kEscapes = {
      {{'"', "&#34;"}, {'\'', "&#39;"}, {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\0', "\uFFFD"}}};
  return Escaped(arguments, kEscapes);
}

Value EscapeJavaScript(const Environment& /*environment*/, const Arguments& arguments) {
  static constexpr std::array<std::pair<char, const char*>, 10> kEscapes = {{{'\\', "\\\\"},
                                                                             {'\'', "\\'"},
                                                                             {'"', "\\\""},
                                                                             {'<', "\\u003C"},
                                                                             {'>', "\\u003E"},
                                                                             {'&', "\\u0026"},
                                                                             {'=', "\\u003D"},
                                                                             {'\n', "\\u000A"},
                                                                             {'\r', "\\u000D"},
                                                                             {'\t', "\\u0009"}}};
  return Escaped(arguments, kEscapes);
}

Value EscapeUrlQuery(const Environment& /*environment*/, const Arguments& arguments) {
  return http::EncodeQuery(PrintAll(arguments));
}

// Of Prometheus: queries and what they give.

Value Query(const Environment& environment, const Arguments& arguments) {
  if (!environment.query) throw TemplateError("queries cannot be asked here");
  List samples;
  for (const QuerySample& sample : environment.query(Text(arguments[0]))) {
    Fields labels;
    for (const auto& [name, value] : sample.labels) labels.emplace_back(name, value);
    samples.emplace_back(Value::MapKind::kStruct,
                         Fields{{"Labels", Value(Value::MapKind::kText, std::move(labels))}, {"Value", sample.value}});
  }
  return samples;
}

Value First(const Environment& /*environment*/, const Arguments& arguments) {
  const List& list = ListOf(arguments[0]);
  if (list.empty()) throw TemplateError("first() called on vector with no elements");
  return list.front();
}

Value Label(const Environment& /*environment*/, const Arguments& arguments) {
  return arguments[1].Field("Labels").Field(Text(arguments[0]));
}
Value SampleValue(const Environment& /*environment*/, const Arguments& arguments) {
  return arguments[0].Field("Value");
}
Value StringValue(const Environment& /*environment*/, const Arguments& arguments) {
  return arguments[0].Field("Labels").Field("__value__");
}

Value SortByLabel(const Environment& /*environment*/, const Arguments& arguments) {
  List list = ListOf(arguments[1]);
  const std::string& label = Text(arguments[0]);
  std::ranges::stable_sort(list, {}, [&](const Value& sample) { return Text(sample.Field("Labels").Field(label)); });
  return list;
}

Value MakeArguments(const Environment& /*environment*/, const Arguments& arguments) {
  Fields fields;
  for (size_t i = 0; i < arguments.size(); ++i) fields.emplace_back("arg" + std::to_string(i), arguments[i]);
  return {Value::MapKind::kAny, std::move(fields)};
}

// Of Prometheus: texts.

Value MatchRegex(const Environment& /*environment*/, const Arguments& arguments) {
  const re2::RE2 regex(Text(arguments[0]), re2::RE2::Quiet);
  if (!regex.ok()) throw TemplateError("error parsing regexp: " + regex.error());
  return re2::RE2::PartialMatch(Text(arguments[1]), regex);
}

Value ReplaceRegex(const Environment& /*environment*/, const Arguments& arguments) {
  const re2::RE2 regex(Text(arguments[0]), re2::RE2::Quiet);
  if (!regex.ok()) throw TemplateError("error parsing regexp: " + regex.error());
  return ReplaceAllMatches(regex, Text(arguments[2]), Text(arguments[1]));
}

Value SafeHtml(const Environment& /*environment*/, const Arguments& arguments) { return Text(arguments[0]); }

/// Letters of ASCII only change case.
std::string MapCharacters(std::string text, int (*map)(int)) {
  std::ranges::transform(text, text.begin(), [&](unsigned char c) { return static_cast<char>(map(c)); });
  return text;
}
Value ToUpper(const Environment& /*environment*/, const Arguments& arguments) {
  return MapCharacters(Text(arguments[0]), [](int c) { return std::toupper(c); });
}
Value ToLower(const Environment& /*environment*/, const Arguments& arguments) {
  return MapCharacters(Text(arguments[0]), [](int c) { return std::tolower(c); });
}

/// Each word's first letter in upper case; a word begins behind what is no letter, digit or underscore.
Value Title(const Environment& /*environment*/, const Arguments& arguments) {
  std::string text = Text(arguments[0]);
  bool in_word = false;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!in_word) c = static_cast<char>(std::toupper(byte));
    in_word = std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
  }
  return text;
}

/// The host of "host:port" and "[address]:port"; anything else as it is.
std::string WithoutPort(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return text;
  if (text.front() == '[') return text[colon - 1] == ']' ? text.substr(1, colon - 2) : text;
  return text.find(':') == colon ? text.substr(0, colon) : text;
}
Value StripPort(const Environment& /*environment*/, const Arguments& arguments) {
  return WithoutPort(Text(arguments[0]));
}

/// "host" of "host.example.org" and of "host.example.org:80" with the port; an IP address stays.
Value StripDomain(const Environment& /*environment*/, const Arguments& arguments) {
  const std::string& text = Text(arguments[0]);
  const std::string host = WithoutPort(text);
  const bool has_port = host.size() < text.size() && text.front() != '[';
  const bool is_address =
      host.find(':') != std::string::npos || (!host.empty() && std::ranges::all_of(host, [](unsigned char c) {
        return std::isdigit(c) != 0 || c == '.';
      }) && std::ranges::count(host, '.') == 3);
  if (is_address) return text;
  return host.substr(0, host.find('.')) + (has_port ? text.substr(text.rfind(':')) : "");
}

Value GraphLink(const Environment& /*environment*/, const Arguments& arguments) {
  return "/graph?g0.expr=" + http::EncodeQuery(Text(arguments[0])) + "&g0.tab=0";
}
Value TableLink(const Environment& /*environment*/, const Arguments& arguments) {
  return "/graph?g0.expr=" + http::EncodeQuery(Text(arguments[0])) + "&g0.tab=1";
}

Value ExternalUrl(const Environment& environment, const Arguments& /*arguments*/) { return environment.external_url; }

/// The path of the external URL.
Value PathPrefix(const Environment& environment, const Arguments& /*arguments*/) {
  const std::string& url = environment.external_url;
  const size_t scheme = url.find("://");
  const size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return path == std::string::npos ? "" : url.substr(path);
}

// Of Prometheus: numbers and times.

Value HumanizeNumber(const Environment& /*environment*/, const Arguments& arguments) {
  return Humanize(Number(arguments[0]));
}
Value HumanizeBinary(const Environment& /*environment*/, const Arguments& arguments) {
  return Humanize1024(Number(arguments[0]));
}
Value HumanizeSeconds(const Environment& /*environment*/, const Arguments& arguments) {
  return HumanizeDuration(Number(arguments[0]));
}
Value HumanizeRatio(const Environment& /*environment*/, const Arguments& arguments) {
  return HumanizePercentage(Number(arguments[0]));
}

/// \throw TemplateError for what no clock shows
Value::Time TimeOf(double seconds) {
  constexpr double kMaxSeconds = 9223372036.0;  // of 64 bits of nanoseconds
  if (std::fabs(seconds) > kMaxSeconds) throw TemplateError("timestamp is out of range");
  return {static_cast<int64_t>(std::trunc(seconds * 1000))};
}
Value HumanizeTimestamp(const Environment& /*environment*/, const Arguments& arguments) {
  const double seconds = Number(arguments[0]);
  if (!std::isfinite(seconds)) return FormatFloat(seconds, 'g', 4);
  return Value(TimeOf(seconds)).Print();
}
Value ToTime(const Environment& /*environment*/, const Arguments& arguments) {
  const double seconds = Number(arguments[0]);
  if (!std::isfinite(seconds)) throw TemplateError("can't convert " + FormatFloat(seconds, 'g', 4) + " to a time");
  return TimeOf(seconds);
}

Value ParseDuration(const Environment& /*environment*/, const Arguments& arguments) {
  const std::optional<int64_t> duration_ms = ParseDurationMs(Text(arguments[0]));
  if (!duration_ms) throw TemplateError("not a valid duration string: \"" + Text(arguments[0]) + "\"");
  return static_cast<double>(*duration_ms) / 1000;
}

constexpr size_t kAny = Function::kAnyNumber;

constexpr std::array<std::pair<std::string_view, Function>, 44> kFunctions = {{
    {"and", {1, kAny, And, false}},
    {"or", {1, kAny, Or, true}},
    {"not", {1, 1, Not, {}}},
    {"eq", {2, kAny, Eq, {}}},
    {"ne", {2, 2, Ne, {}}},
    {"lt", {2, 2, Lt, {}}},
    {"le", {2, 2, Le, {}}},
    {"gt", {2, 2, Gt, {}}},
    {"ge", {2, 2, Ge, {}}},
    {"len", {1, 1, Len, {}}},
    {"index", {1, kAny, Index, {}}},
    {"slice", {1, 3, Slice, {}}},
    {"print", {0, kAny, Print, {}}},
    {"println", {0, kAny, PrintLine, {}}},
    {"printf", {1, kAny, PrintFormatted, {}}},
    {"html", {0, kAny, EscapeHtml, {}}},
    {"js", {0, kAny, EscapeJavaScript, {}}},
    {"urlquery", {0, kAny, EscapeUrlQuery, {}}},
    {"query", {1, 1, Query, {}}},
    {"first", {1, 1, First, {}}},
    {"label", {2, 2, Label, {}}},
    {"value", {1, 1, SampleValue, {}}},
    {"strvalue", {1, 1, StringValue, {}}},
    {"sortByLabel", {2, 2, SortByLabel, {}}},
    {"args", {0, kAny, MakeArguments, {}}},
    {"match", {2, 2, MatchRegex, {}}},
    {"reReplaceAll", {3, 3, ReplaceRegex, {}}},
    {"safeHtml", {1, 1, SafeHtml, {}}},
    {"title", {1, 1, Title, {}}},
    {"toUpper", {1, 1, ToUpper, {}}},
    {"toLower", {1, 1, ToLower, {}}},
    {"stripPort", {1, 1, StripPort, {}}},
    {"stripDomain", {1, 1, StripDomain, {}}},
    {"graphLink", {1, 1, GraphLink, {}}},
    {"tableLink", {1, 1, TableLink, {}}},
    {"externalURL", {0, 0, ExternalUrl, {}}},
    {"pathPrefix", {0, 0, PathPrefix, {}}},
    {"humanize", {1, 1, HumanizeNumber, {}}},
    {"humanize1024", {1, 1, HumanizeBinary, {}}},
    {"humanizeDuration", {1, 1, HumanizeSeconds, {}}},
    {"humanizePercentage", {1, 1, HumanizeRatio, {}}},
    {"humanizeTimestamp", {1, 1, HumanizeTimestamp, {}}},
    {"toTime", {1, 1, ToTime, {}}},
    {"parseDuration", {1, 1, ParseDuration, {}}},
}};

}  // namespace

const Function* FindFunction(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &std::pair<std::string_view, Function>::first);
  return found == kFunctions.end() ? nullptr : &found->second;
}

}  // namespace tidemark::templating
