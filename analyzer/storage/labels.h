#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::storage {

/// The label that holds a series' metric name.
inline constexpr std::string_view kMetricName = "__name__";

/// A series' identity: label names with their values, sorted by name, each name once, no empty value (an empty value
/// and a missing label are the same thing). Immutable and cheap to copy: copies share one set. Any thread may read.
class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;

  Labels();
  /// From pairs in any order. Of equal names the last counts; empty values are left out.
  explicit Labels(std::vector<Pair> pairs);
  Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}

  /// From pairs that are sorted, unique and not empty.
  static Labels FromSorted(std::vector<Pair> pairs);

  /// The value of a label, or an empty view.
  [[nodiscard]] std::string_view Get(std::string_view name) const;
  [[nodiscard]] std::span<const Pair> pairs() const { return std::span(data_->pairs).subspan(without_first_ ? 1 : 0); }
  [[nodiscard]] auto begin() const { return pairs().begin(); }
  [[nodiscard]] auto end() const { return pairs().end(); }
  [[nodiscard]] size_t size() const { return pairs().size(); }
  [[nodiscard]] bool empty() const { return pairs().empty(); }
  [[nodiscard]] uint64_t Hash() const;

  /// The same labels with one set (or, with an empty value, removed).
  [[nodiscard]] Labels With(std::string_view name, std::string_view value) const;
  [[nodiscard]] Labels Without(std::string_view name) const;
  /// Only the named labels, or all but them; the metric name goes in both cases unless it is listed.
  [[nodiscard]] Labels Keep(const std::vector<std::string>& names) const;
  [[nodiscard]] Labels Drop(const std::vector<std::string>& names) const;

  /// `{a="1", b="2"}`, with the metric name in front of the brace, as PromQL writes it.
  [[nodiscard]] std::string ToString() const;

  friend bool operator==(const Labels& a, const Labels& b) {
    return (a.data_ == b.data_ && a.without_first_ == b.without_first_) || std::ranges::equal(a.pairs(), b.pairs());
  }
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  struct Data {
    explicit Data(std::vector<Pair> sorted)
        : pairs(std::move(sorted)), begins_with_name(!pairs.empty() && pairs.front().first == kMetricName) {}
    const std::vector<Pair> pairs;
    const bool begins_with_name;  ///< of the metric; what asks need not fetch the pairs
    /// Of all, and of all but the first; 0: not computed yet.
    mutable std::array<std::atomic<uint64_t>, 2> hashes{};
  };

  std::shared_ptr<const Data> data_;
  bool without_first_ = false;  // what drops the name of a metric, which mostly comes first, copies nothing
};

struct LabelsHash {
  size_t operator()(const Labels& labels) const { return labels.Hash(); }
};

}  // namespace tidemark::storage
