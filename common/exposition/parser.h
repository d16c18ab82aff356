#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/exposition/format.h"

namespace tidemark::exposition {

/// Pull parser for a metrics page: call Next until kEnd or kError.
///
/// A sample's labels are unescaped only when Labels() is called: a scrape loop that has seen `series_text()` before
/// knows the series by that text and never pays for its labels. Nothing is allocated per sample once the label buffer
/// has grown. Views stay valid until the next call of Next (and `text` outlives the parser). Not thread-safe.
///
/// What is accepted is what Prometheus 2.42's text parsers accept (tests/conformance/test_exposition.py): 0.0.4 with
/// free blanks within a line, and OpenMetrics with its `# EOF`, its timestamps in seconds, and exemplars.
class Parser {
 public:
  enum class Entry { kSample, kType, kHelp, kUnit, kEnd, kError };

  Parser(std::string_view text, Format format) : text_(text), format_(format) {}

  Entry Next() {
    return Next(0, [](std::string_view) { return false; });
  }

  /// The same for who expects a series it has seen before: when the next line begins with `expected_bytes` bytes and a
  /// space, and `is_known(those bytes)` says that they were the series_text() of a sample of a page in the same format,
  /// they are not looked at again. name() is then not set, and Labels() must not be called.
  template <typename F>
  Entry Next(size_t expected_bytes, F&& is_known) {
    const Entry entry = NextLine();
    if (entry != Entry::kSample) return entry;
    const size_t end = pos_ + expected_bytes;
    if (expected_bytes == 0 || end >= text_.size() || text_[end] != ' ' ||
        !is_known(text_.substr(pos_, expected_bytes)))
      return ParseSample();
    series_text_ = text_.substr(pos_, expected_bytes);
    pos_ = end;
    TakeSeparator();
    return ParseValue();
  }

  /// After kSample: name and label block as they stand in the page, e.g. `node_load1` or `up{job="a"}`.
  [[nodiscard]] std::string_view series_text() const { return series_text_; }
  /// After kSample, kType, kHelp, kUnit: the metric's name.
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] double value() const { return value_; }
  /// The sample's own timestamp, when the page gives one.
  [[nodiscard]] std::optional<int64_t> timestamp_ms() const { return timestamp_ms_; }
  /// After kSample of OpenMetrics: the exemplar as it stands in the page, from its brace on; empty without one.
  [[nodiscard]] std::string_view exemplar() const { return exemplar_; }
  /// After kType.
  [[nodiscard]] MetricType type() const { return type_; }
  /// After kHelp and kUnit: the rest of the line, unescaped for help.
  [[nodiscard]] std::string_view help() const { return help_; }

  /// After kSample: the labels without the name, in the page's order; empty values are kept. False on a malformed
  /// block or a label name that comes twice; error() then says where.
  bool Labels(std::vector<Label>& labels);

  /// After kError or a false Labels(): "line 3, column 14: expected a number, got \"abc\"".
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  Entry Fail(size_t at, std::string message);
  std::string_view TakeKeyword();
  Entry ParseComment();
  /// Goes to the next line that is no comment of no interest. kSample: it begins a sample, which is not parsed yet.
  Entry NextLine();
  Entry ParseSample();
  /// From a sample's value to the end of its line.
  Entry ParseValue();
  bool SkipLabelBlock();
  bool ParseExemplar();
  void SkipBlanks();
  /// Steps over what stands between two parts of a line: any blanks in 0.0.4, exactly one space in OpenMetrics.
  bool TakeSeparator();
  [[nodiscard]] std::string_view TakeToken();
  [[nodiscard]] bool AtLineEnd() const { return pos_ >= text_.size() || text_[pos_] == '\n'; }
  bool FinishLine();

  std::string_view text_;
  Format format_;
  size_t pos_ = 0;
  bool saw_eof_ = false;

  std::string_view series_text_;
  std::string_view name_;
  std::string_view help_;
  double value_ = 0;
  std::optional<int64_t> timestamp_ms_;
  std::string_view exemplar_;
  MetricType type_ = MetricType::kUntyped;
  std::string unescaped_;
  std::string error_;
};

/// Whether `name` matches [a-zA-Z_:][a-zA-Z0-9_:]*.
bool IsValidMetricName(std::string_view name);
/// Whether `name` matches [a-zA-Z_][a-zA-Z0-9_]*.
bool IsValidLabelName(std::string_view name);

}  // namespace tidemark::exposition
