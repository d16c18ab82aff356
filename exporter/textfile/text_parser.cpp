#include "exporter/textfile/text_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "common/number_format.h"
#include "common/text.h"
#include "common/utf8.h"

namespace tidemark::exporter::textfile {
namespace {

using exposition::MetricType;

constexpr std::array<std::pair<std::string_view, MetricType>, 5> kTypes{{{"counter", MetricType::kCounter},
                                                                         {"gauge", MetricType::kGauge},
                                                                         {"summary", MetricType::kSummary},
                                                                         {"untyped", MetricType::kUntyped},
                                                                         {"histogram", MetricType::kHistogram}}};

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Decimal and without underscores, in range.
std::optional<double> ParseNumber(std::string_view text) {
  if (text.find_first_of("pP_") != std::string_view::npos) return std::nullopt;
  const std::optional<double> value = ParseFloat(text);
  const bool is_written_infinite = text.find_first_of("iI") != std::string_view::npos;
  if (value && std::isinf(*value) && !is_written_infinite) return std::nullopt;
  return value;
}

/// A count as node_exporter converts it to 64 bits without a sign: fractions go, negative ones wrap around, and what
/// has no place there becomes 2^63.
double ToCount(double value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const auto to_signed = [](double number) {
    const bool fits = number >= -kTwoTo63 && number < kTwoTo63;
    return static_cast<uint64_t>(fits ? static_cast<int64_t>(number) : INT64_MIN);
  };
  constexpr uint64_t kHighBit = uint64_t{1} << 63;
  return static_cast<double>(value < kTwoTo63 ? to_signed(value) : to_signed(value - kTwoTo63) | kHighBit);
}

class TextParser {
 public:
  explicit TextParser(std::string_view text) : text_(text) {}

  Families Parse() {
    while (true) {
      ++line_;
      SkipBlanks();
      if (at_ == text_.size()) break;
      if (Current() == '#') {
        Comment();
      } else if (Current() != '\n') {
        Sample();
      }
      ++at_;  // the end of the line
    }
    std::erase_if(families_, [](const auto& entry) { return entry.second.metrics.empty(); });
    return std::move(families_);
  }

 private:
  /// What a sample is to its family.
  enum class Part { kNone, kSum, kCount };

  [[noreturn]] void Fail(const std::string& what) const {
    throw std::runtime_error("line " + std::to_string(line_) + ": " + what);
  }

  [[nodiscard]] char Current() const {
    if (at_ == text_.size()) Fail("unexpected end of the file: the last line has no end");
    return text_[at_];
  }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }

  std::string_view Take(size_t end) {
    const std::string_view taken = text_.substr(at_, end - at_);
    at_ += taken.size();
    return taken;
  }
  std::string_view Word() { return Take(text_.find_first_of(" \t\n", at_)); }
  std::string_view RestOfLine() { return Take(text_.find('\n', at_)); }

  std::string_view Name(bool with_colons) {
    size_t end = at_;
    while (end < text_.size() &&
           (IsLetter(text_[end]) || (with_colons && text_[end] == ':') || (end > at_ && IsDigit(text_[end]))))
      ++end;
    return Take(end);
  }

  /// Up to `end`, or the end of the line, with \\, \n and, in a label's value, \" as what they stand for.
  std::string Escaped(char end) {
    std::string text;
    for (; Current() != end; ++at_) {
      if (Current() == '\n') Fail("label value contains a line break that is not escaped");
      if (Current() != '\\') {
        text += Current();
        continue;
      }
      ++at_;
      const char escaped = Current();
      const bool is_known = escaped == '\\' || escaped == 'n' || (escaped == '"' && end == '"');
      if (!is_known) Fail(std::string("invalid escape sequence \"\\") + escaped + "\"");
      text += escaped == 'n' ? '\n' : escaped;
    }
    return text;
  }

  void Comment() {
    ++at_;
    SkipBlanks();
    const std::string_view keyword = Word();
    (void)Current();
    const bool is_help = keyword == "HELP";
    if (!is_help && keyword != "TYPE") {
      RestOfLine();
      (void)Current();
      return;
    }
    SkipBlanks();
    const std::string_view name = Name(true);
    if (Current() == '\n') return;
    if (!IsBlank(Current())) Fail("invalid metric name in comment");
    Family& family = FamilyOf(name).first;
    SkipBlanks();
    if (Current() == '\n') return;
    if (is_help) {
      if (family.help) Fail("second HELP line for " + std::string(name));
      family.help = Escaped('\n');
    } else {
      if (family.type) Fail("second TYPE line for " + std::string(name) + ", or one after its samples");
      const std::string_view type = RestOfLine();
      (void)Current();
      const auto found =
          std::ranges::find_if(kTypes, [&](const auto& known) { return EqualsIgnoreCase(known.first, type); });
      if (found == kTypes.end()) Fail("unknown metric type \"" + std::string(type) + "\"");
      family.type = found->second;
    }
  }

  /// The family that a line with this name belongs to: parts of histograms and summaries have suffixes.
  std::pair<Family&, Part> FamilyOf(std::string_view name) {
    if (const auto it = families_.find(name); it != families_.end()) return {it->second, Part::kNone};
    static constexpr std::array<std::pair<std::string_view, Part>, 3> kSuffixes{
        {{"_sum", Part::kSum}, {"_count", Part::kCount}, {"_bucket", Part::kNone}}};
    for (const auto& [suffix, part] : kSuffixes) {
      if (!name.ends_with(suffix) || name.size() == suffix.size()) continue;
      const auto it = families_.find(name.substr(0, name.size() - suffix.size()));
      if (it == families_.end()) continue;
      const bool is_summary = it->second.type == MetricType::kSummary && suffix != "_bucket";
      if (is_summary || it->second.type == MetricType::kHistogram) return {it->second, part};
    }
    return {families_[std::string(name)], Part::kNone};
  }

  void Sample() {
    const std::string_view name = Name(true);
    if (name.empty()) Fail("invalid metric name");
    const auto [family, part] = FamilyOf(name);
    if (!family.type) family.type = MetricType::kUntyped;
    SkipBlanks();
    Metric metric;
    std::optional<double> bound;
    if (Current() == '{') bound = Labels(*family.type, metric.labels);
    const std::string_view word = Word();
    (void)Current();
    const std::optional<double> value = ParseNumber(word);
    if (!value) Fail("expected a number as value, got \"" + std::string(word) + "\"");
    Keep(family, std::move(metric), part, bound, *value);
    if (Current() == '\n') return;
    SkipBlanks();
    const std::string_view timestamp = RestOfLine();
    Fail(timestamp.empty() ? "blank after the value"
                           : "timestamps are not supported: \"" + std::string(timestamp) + "\"");
  }

  /// Returns the bound of a bucket or the quantile of a summary.
  std::optional<double> Labels(MetricType type, LabelMap& labels) {
    std::optional<double> bound;
    const std::string_view part_label = type == MetricType::kSummary     ? "quantile"
                                        : type == MetricType::kHistogram ? "le"
                                                                         : "";
    do {
      ++at_;
      SkipBlanks();
      if (Current() == '}') break;
      const std::string name(Name(false));
      if (name.empty()) Fail("invalid label name");
      if (name == "__name__") Fail("label name \"__name__\" is reserved");
      SkipBlanks();
      if (Current() != '=') Fail("expected \"=\" after label " + name);
      ++at_;
      SkipBlanks();
      if (Current() != '"') Fail("expected a quotation mark before the value of label " + name);
      ++at_;
      std::string value = Escaped('"');
      ++at_;
      if (!IsValidUtf8(value)) Fail("value of label " + name + " is not UTF-8");
      if (name == part_label) {
        bound = ParseNumber(value);
        if (!bound) Fail("expected a number as value of label " + name + ", got \"" + value + "\"");
      } else if (!labels.emplace(name, std::move(value)).second) {
        Fail("label " + name + " comes twice");
      }
      SkipBlanks();
    } while (Current() == ',');
    if (Current() != '}') Fail("expected \",\" or \"}\" after a label's value");
    ++at_;
    SkipBlanks();
    return bound;
  }

  void Keep(Family& family, Metric metric, Part part, std::optional<double> bound, double value) {
    if (family.type != MetricType::kSummary && family.type != MetricType::kHistogram) {
      metric.value = value;
      family.metrics.push_back(std::move(metric));
      return;
    }
    const auto [it, is_new] = compound_.try_emplace({&family, metric.labels}, family.metrics.size());
    if (is_new) family.metrics.push_back(std::move(metric));
    Metric& whole = family.metrics[it->second];
    if (part == Part::kCount) {
      whole.count = ToCount(value);
    } else if (part == Part::kSum) {
      whole.sum = value;
    } else if (bound && !std::isnan(*bound)) {
      whole.parts[*bound] = family.type == MetricType::kHistogram ? ToCount(value) : value;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 0;
  Families families_;
  std::map<std::pair<const Family*, LabelMap>, size_t> compound_;  // where histograms and summaries are in theirs
};

}  // namespace

Families ParseText(std::string_view text) { return TextParser(text).Parse(); }

}  // namespace tidemark::exporter::textfile
