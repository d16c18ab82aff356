#include "common/exposition/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/number_format.h"
#include "common/timestamp.h"
#include "common/utf8.h"

namespace tidemark::exposition {
namespace {

constexpr size_t kMaxQuotedErrorBytes = 40;
constexpr std::string_view kExemplarBegin = "# {";

constexpr bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
/// Looked up: a page is mostly names.
constexpr std::array<bool, 256> kIsNameChar = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c)
    table[static_cast<size_t>(c)] = c < 128 && (IsNameStart(static_cast<char>(c)) || (c >= '0' && c <= '9'));
  return table;
}();
bool IsNameChar(char c) { return kIsNameChar[static_cast<uint8_t>(c)]; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

size_t NameLength(std::string_view text) {
  if (text.empty() || !IsNameStart(text.front())) return 0;
  size_t length = 1;
  while (length < text.size() && IsNameChar(text[length])) ++length;
  return length;
}

std::optional<MetricType> TypeFromName(std::string_view name, Format format) {
  if (name == "counter") return MetricType::kCounter;
  if (name == "gauge") return MetricType::kGauge;
  if (name == "histogram") return MetricType::kHistogram;
  if (name == "summary") return MetricType::kSummary;
  if (name == "untyped" && format == Format::kText004) return MetricType::kUntyped;
  if (format == Format::kOpenMetrics) {
    if (name == "unknown") return MetricType::kUntyped;
    if (name == "info") return MetricType::kInfo;
    if (name == "stateset") return MetricType::kStateSet;
    if (name == "gaugehistogram") return MetricType::kGaugeHistogram;
  }
  return std::nullopt;
}

/// Undoes \\, \n and, for label values, \". Other escapes stay as they stand, as Prometheus leaves them.
void AppendUnescaped(std::string& out, std::string_view raw) {
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size()) {
      const char next = raw[i + 1];
      if (next == 'n' || next == '\\' || next == '"') {
        out += next == 'n' ? '\n' : next;
        ++i;
        continue;
      }
    }
    out += raw[i];
  }
}

/// A number as Prometheus takes it on a page: Go's ParseFloat before it knew hexadecimal and underscores, without a
/// sign before NaN, and not out of range.
std::optional<double> ParsePageFloat(std::string_view text) {
  const std::optional<double> value = ParseFloat(text);
  if (!value) return std::nullopt;
  if (std::isnan(*value) && (text.front() == '+' || text.front() == '-')) return std::nullopt;
  if (std::isinf(*value) && text.find_first_of("0123456789") != std::string_view::npos) return std::nullopt;
  if (text.find_first_of("xXpP") != std::string_view::npos) return std::nullopt;
  return value;
}

std::optional<int64_t> ParsePageSeconds(std::string_view text) {
  return ParsePageFloat(text) ? ParseSecondsMs(text) : std::nullopt;
}

/// A timestamp of 0.0.4: digits only.
std::optional<int64_t> ParseMilliseconds(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && text.front() != '-' ? std::optional(value) : std::nullopt;
}

}  // namespace

bool IsValidMetricName(std::string_view name) { return !name.empty() && NameLength(name) == name.size(); }

bool IsValidLabelName(std::string_view name) {
  return IsValidMetricName(name) && name.find(':') == std::string_view::npos;
}

Parser::Entry Parser::Fail(size_t at, std::string message) {
  at = std::min(at, text_.size());
  const std::string_view before = text_.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  error_ =
      "line " + std::to_string(line) + ", column " + std::to_string(at - line_begin + 1) + ": " + std::move(message);
  return Entry::kError;
}

void Parser::SkipBlanks() {
  while (pos_ < text_.size() && IsBlank(text_[pos_])) ++pos_;
}

std::string_view Parser::TakeToken() {
  const size_t begin = pos_;
  while (pos_ < text_.size() && text_[pos_] != '\n' && !IsBlank(text_[pos_])) ++pos_;
  return text_.substr(begin, pos_ - begin);
}

bool Parser::FinishLine() {
  if (format_ == Format::kText004) SkipBlanks();
  if (!AtLineEnd()) return false;
  ++pos_;
  return true;
}

bool Parser::TakeSeparator() {
  if (format_ == Format::kText004) {
    SkipBlanks();
    return true;
  }
  const bool found = pos_ < text_.size() && text_[pos_] == ' ';
  if (found) ++pos_;
  return found;
}

Parser::Entry Parser::NextLine() {
  while (true) {
    if (format_ == Format::kText004) {
      // Empty lines, and those of blanks only.
      for (size_t at = pos_; at < text_.size() && (IsBlank(text_[at]) || text_[at] == '\n'); ++at) {
        if (text_[at] == '\n') pos_ = at + 1;
      }
    }
    if (pos_ >= text_.size()) {
      if (format_ == Format::kOpenMetrics && !saw_eof_) return Fail(pos_, "page does not end with \"# EOF\"");
      return Entry::kEnd;
    }
    if (saw_eof_) return Fail(pos_, "unexpected data after \"# EOF\"");
    if (text_[pos_] != '#') return Entry::kSample;
    const Entry entry = ParseComment();
    if (entry != Entry::kEnd) return entry;
  }
}

/// Steps over `#`, blanks and a keyword with what must follow it. Returns the keyword; empty when the line is a comment
/// of no interest, or in OpenMetrics an error.
std::string_view Parser::TakeKeyword() {
  const bool open_metrics = format_ == Format::kOpenMetrics;
  const size_t blanks_at = ++pos_;
  if (!TakeSeparator() || pos_ == blanks_at) return {};
  const std::string_view keyword = TakeToken();
  if (open_metrics && keyword == "EOF") return keyword;
  if (keyword != "HELP" && keyword != "TYPE" && !(open_metrics && keyword == "UNIT")) return {};
  const size_t end = pos_;
  return TakeSeparator() && pos_ > end ? keyword : std::string_view{};
}

/// kEnd here means: a comment of no interest, go on with the next line.
Parser::Entry Parser::ParseComment() {
  const size_t line_at = pos_;
  const bool open_metrics = format_ == Format::kOpenMetrics;
  const std::string_view keyword = TakeKeyword();
  if (keyword.empty()) {
    if (open_metrics) return Fail(line_at, "expected \"# HELP \", \"# TYPE \", \"# UNIT \" or \"# EOF\"");
    pos_ = std::min(text_.find('\n', pos_), text_.size() - 1) + 1;
    return Entry::kEnd;
  }
  if (keyword == "EOF") {
    saw_eof_ = true;
    if (!AtLineEnd()) return Fail(pos_, "unexpected data after \"# EOF\"");
    ++pos_;
    return Entry::kEnd;
  }
  const size_t name_length = NameLength(text_.substr(pos_));
  if (name_length == 0) return Fail(pos_, "expected a metric name after " + std::string(keyword));
  name_ = text_.substr(pos_, name_length);
  pos_ += name_length;
  if (open_metrics && (AtLineEnd() || text_[pos_] != ' ')) return Fail(pos_, "expected a space after the metric name");
  if (!AtLineEnd()) ++pos_;
  const size_t rest_at = pos_;
  const size_t line_end = std::min(text_.find('\n', pos_), text_.size());
  const std::string_view rest = text_.substr(pos_, line_end - pos_);
  pos_ = std::min(line_end + 1, text_.size());
  if (keyword == "TYPE") {
    const std::optional<MetricType> type = TypeFromName(rest, format_);
    if (!type)
      return Fail(rest_at, "invalid metric type \"" + std::string(rest.substr(0, kMaxQuotedErrorBytes)) + "\"");
    type_ = *type;
    return Entry::kType;
  }
  if (keyword == "UNIT" && !rest.empty() && !name_.ends_with("_" + std::string(rest)))
    return Fail(rest_at, "unit is not a suffix of the metric name");
  if (!IsValidUtf8(rest)) return Fail(rest_at, "text is not valid UTF-8");
  if (keyword == "UNIT") {
    help_ = rest;
    return Entry::kUnit;
  }
  unescaped_.clear();
  AppendUnescaped(unescaped_, rest);
  help_ = unescaped_;
  return Entry::kHelp;
}

/// Steps over `{…}` with `pos_` on the brace, minding quotes and escapes only. Labels() checks the inside.
bool Parser::SkipLabelBlock() {
  for (++pos_; pos_ < text_.size(); ++pos_) {
    const char c = text_[pos_];
    if (IsNameChar(c)) continue;
    if (c == '"') {
      // To the quote that ends the value: the next one behind an even number of backslashes.
      while (true) {
        const size_t quote = text_.find('"', pos_ + 1);
        if (quote == std::string_view::npos) return false;
        // The opening quote ends the count at the latest.
        size_t backslashes = 0;
        while (text_[quote - 1 - backslashes] == '\\') ++backslashes;
        const bool is_end = backslashes % 2 == 0;
        pos_ = quote;
        if (is_end) break;
      }
    } else if (c == '}') {
      ++pos_;
      return true;
    } else if (c == '\n') {
      return false;
    }
  }
  return false;
}

Parser::Entry Parser::ParseSample() {
  const size_t begin = pos_;
  const size_t name_length = NameLength(text_.substr(pos_));
  if (name_length == 0) return Fail(pos_, "expected a metric name");
  name_ = text_.substr(pos_, name_length);
  pos_ += name_length;
  const size_t name_end = pos_;
  if (format_ == Format::kText004) SkipBlanks();
  if (!AtLineEnd() && text_[pos_] == '{') {
    const size_t block_begin = pos_;
    if (!SkipLabelBlock()) return Fail(block_begin, "label block is not closed");
    series_text_ = text_.substr(begin, pos_ - begin);
  } else {
    series_text_ = text_.substr(begin, name_end - begin);
    if (format_ == Format::kText004 && pos_ == name_end && !AtLineEnd())
      return Fail(pos_, "invalid character in metric name");
  }
  if (!TakeSeparator()) return Fail(pos_, "expected a space before the value");
  return ParseValue();
}

Parser::Entry Parser::ParseValue() {
  const size_t value_at = pos_;
  const std::string_view value_text = TakeToken();
  if (!ParseShortDecimal(value_text, value_)) {
    const std::optional<double> value = ParsePageFloat(value_text);
    if (!value) {
      return Fail(value_at,
                  "expected a number, got \"" + std::string(value_text.substr(0, kMaxQuotedErrorBytes)) + "\"");
    }
    value_ = *value;
  }

  timestamp_ms_.reset();
  exemplar_ = {};
  if (AtLineEnd()) return FinishLine() ? Entry::kSample : Entry::kError;
  TakeSeparator();
  const bool text004 = format_ == Format::kText004;
  if (text004 && AtLineEnd()) return FinishLine() ? Entry::kSample : Entry::kError;
  if (text004 || text_.substr(pos_, 1) != "#") {
    const size_t timestamp_at = pos_;
    const std::string_view timestamp_text = TakeToken();
    timestamp_ms_ = text004 ? ParseMilliseconds(timestamp_text) : ParsePageSeconds(timestamp_text);
    if (!timestamp_ms_) {
      return Fail(timestamp_at,
                  "expected a timestamp, got \"" + std::string(timestamp_text.substr(0, kMaxQuotedErrorBytes)) + "\"");
    }
    if (!text004 && !AtLineEnd()) {
      TakeSeparator();
      if (AtLineEnd() || text_[pos_] != '#') return Fail(pos_, "expected an exemplar or the end of the line");
    }
  }
  if (!text004 && !AtLineEnd()) {
    const size_t exemplar_at = pos_ + kExemplarBegin.size() - 1;
    if (!ParseExemplar()) return Entry::kError;
    exemplar_ = text_.substr(exemplar_at, pos_ - exemplar_at);
  }
  if (!FinishLine()) return Fail(pos_, "expected the end of the line");
  return Entry::kSample;
}

/// `# {labels} value [timestamp]`, checked for form and dropped. False after Fail.
bool Parser::ParseExemplar() {
  const size_t begin = pos_;
  if (!text_.substr(pos_).starts_with(kExemplarBegin)) {
    Fail(pos_, "expected an exemplar, which begins with \"# {\"");
    return false;
  }
  pos_ += kExemplarBegin.size() - 1;
  if (!SkipLabelBlock() || !TakeSeparator()) {
    Fail(begin, "expected a closed label block and a value in the exemplar");
    return false;
  }
  const size_t value_at = pos_;
  if (!ParsePageFloat(TakeToken())) {
    Fail(value_at, "expected a number as the exemplar's value");
    return false;
  }
  if (AtLineEnd()) return true;
  TakeSeparator();
  const size_t timestamp_at = pos_;
  if (!ParsePageSeconds(TakeToken())) {
    Fail(timestamp_at, "expected a number as the exemplar's timestamp");
    return false;
  }
  return true;
}

bool Parser::Labels(std::vector<Label>& labels) {
  labels.clear();
  const size_t base = static_cast<size_t>(series_text_.data() - text_.data());
  size_t at = name_.size();
  const std::string_view block = series_text_;
  const bool text004 = format_ == Format::kText004;
  const auto skip_blanks = [&] {
    while (text004 && at < block.size() && IsBlank(block[at])) ++at;
  };
  const auto fail = [&](const char* message) {
    Fail(base + at, message);
    return false;
  };
  skip_blanks();
  if (at >= block.size()) return true;
  ++at;  // the brace
  // Reserved once, so that views into it stay valid while later values are appended.
  unescaped_.clear();
  unescaped_.reserve(block.size());
  while (true) {
    skip_blanks();
    if (block[at] == '}' && (text004 || labels.empty())) return true;
    const size_t name_length = NameLength(block.substr(at));
    const std::string_view name = block.substr(at, name_length);
    if (!IsValidLabelName(name)) return fail("expected a label name");
    if (name == "__name__") return fail("the metric's name is no label");
    for (const Label& label : labels) {
      if (label.name == name) return fail("label name comes twice");
    }
    at += name_length;
    skip_blanks();
    if (block[at] != '=') return fail("expected \"=\" after the label name");
    ++at;
    skip_blanks();
    if (block[at] != '"') return fail("expected a quoted label value");
    const size_t value_begin = ++at;
    bool escaped = false;
    while (block[at] != '"') {
      if (block[at] == '\\') {
        escaped = true;
        ++at;
      }
      ++at;
    }
    std::string_view value = block.substr(value_begin, at - value_begin);
    if (!text004 && value.find('\n') != std::string_view::npos) return fail("line ends inside a label value");
    if (!IsValidUtf8(value)) {
      at = value_begin;
      return fail("label value is not valid UTF-8");
    }
    if (escaped) {
      const size_t unescaped_begin = unescaped_.size();
      AppendUnescaped(unescaped_, value);
      value = std::string_view(unescaped_).substr(unescaped_begin);
    }
    labels.push_back({name, value});
    ++at;
    skip_blanks();
    // In 0.0.4 the comma may be missing, and may stand behind the last one.
    if (block[at] == ',') {
      ++at;
    } else if (block[at] == '}') {
      return true;
    } else if (!text004) {
      return fail("expected \",\" or \"}\" after the label value");
    }
  }
}

}  // namespace tidemark::exposition
