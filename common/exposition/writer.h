#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "common/exposition/format.h"

namespace tidemark::exposition {

/// Writes metric families straight into one text buffer: no object a sample, no copy of a label.
///
///   writer.Family("node_load1", "1m load average.", MetricType::kGauge);
///   writer.Sample({}, 0.49);
///
/// The caller keeps a family's samples together (both formats demand it) and calls Finish once at the end.
/// In OpenMetrics a counter's family name loses its `_total`, as that format wants. Not thread-safe.
class Writer {
 public:
  Writer(Format format, std::string& out) : format_(format), out_(out) {}

  /// Starts a family: its HELP (unless it has none) and TYPE lines, and in OpenMetrics UNIT when the name ends with one
  /// of its base units. `name` is copied, with "_" for what a metric's name may not have.
  void Family(std::string_view name, std::string_view help, MetricType type);
  /// The same of a name and a help that are put together from pieces.
  using Pieces = std::initializer_list<std::string_view>;
  void JoinedFamily(Pieces name, Pieces help, MetricType type);
  /// One sample of the current family. Label values may be any bytes; they are escaped, and each run of malformed UTF-8
  /// is replaced by U+FFFD, since a scraper rejects the whole page for one bad byte.
  void Sample(std::initializer_list<Label> labels, double value) {
    Sample(std::span(labels.begin(), labels.end()), value);
  }
  void Sample(std::span<const Label> labels, double value) { SuffixedSample({}, labels, value); }
  /// A sample of another time than that of the page.
  void SampleAt(std::span<const Label> labels, double value, int64_t timestamp_ms);
  /// A sample named family + suffix, for the parts of histograms and summaries ("_bucket", "_sum", "_count").
  void SuffixedSample(std::string_view suffix, std::span<const Label> labels, double value);
  /// When the counter, histogram or summary with these labels, whose samples were just written, began, in seconds since
  /// the epoch. OpenMetrics alone has it.
  void Created(std::span<const Label> labels, double seconds);
  /// Family and its only, label-free sample.
  void Single(std::string_view name, std::string_view help, MetricType type, double value);

  /// Whole families that another Writer wrote in the same format.
  void AppendFamilies(std::string_view text) { out_ += text; }

  /// The names of the page's families so far; a counter's in OpenMetrics both as there and with `_total`.
  [[nodiscard]] std::set<std::string, std::less<>> FamilyNames() const;

  /// Ends the page: OpenMetrics wants a last line that says so.
  void Finish();

  [[nodiscard]] Format format() const { return format_; }

 private:
  /// Starts the family of name_.
  void StartFamily(std::string_view help, MetricType type);
  void AppendUnit(std::string_view family);
  /// `labels`: with values that are escaped already.
  void AppendSample(std::string_view suffix, std::span<const Label> labels, double value);
  char* Grow(size_t bytes);
  void ShrinkTo(const char* end);

  Format format_;
  std::string& out_;
  std::string name_;
  std::string joined_help_;
  size_t family_bytes_ = 0;  // of name_: without the _total that samples of counters have
};

}  // namespace tidemark::exposition
