#include "analyzer/rules/series_notation.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

#include "analyzer/promql/parser.h"
#include "analyzer/storage/sample.h"
#include "common/number_format.h"
#include "common/text.h"

namespace tidemark::rules {
namespace {

constexpr size_t kMaxValues = 1'000'000;

[[noreturn]] void Fail(std::string_view item) {
  throw std::invalid_argument("unexpected \"" + std::string(item) +
                              "\" among the values; there are 1, _, stale, 1x4, _x4, 1+2x4 and 1-2x4");
}

/// The count behind the "x" of an item, which goes from it; 0 without one.
size_t TakeCount(std::string_view& number, std::string_view item) {
  const size_t times = number.find('x');
  if (times == std::string_view::npos || times == 0) return 0;
  size_t count = 0;
  const std::string_view digits = number.substr(times + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count > kMaxValues) Fail(item);
  number = number.substr(0, times);
  return count;
}

double NumberOrFail(std::string_view text, std::string_view item) {
  const std::optional<double> value = ParseFloat(text);
  if (!value) Fail(item);
  return *value;
}

void AppendItem(std::string_view item, std::vector<std::optional<double>>& values) {
  if (item == "stale") {
    values.emplace_back(storage::kStaleNan);
    return;
  }
  std::string_view number = item;
  const size_t count = TakeCount(number, item);
  if (number == "_") {
    values.resize(values.size() + std::max<size_t>(count, item == "_" ? 1 : 0));
    return;
  }
  // The step's sign is one that does not begin the number and does not follow an exponent's letter.
  size_t sign = std::string_view::npos;
  for (size_t i = 1; i < number.size() && sign == std::string_view::npos; ++i) {
    const bool exponent = number[i - 1] == 'e' || number[i - 1] == 'E';
    if ((number[i] == '+' || number[i] == '-') && !exponent) sign = i;
  }
  double value = NumberOrFail(number.substr(0, sign), item);
  double step = 0;
  if (sign != std::string_view::npos) {
    if (number.size() == item.size()) Fail(item);  // a step without a count
    step = NumberOrFail(number.substr(sign + 1), item) * (number[sign] == '-' ? -1 : 1);
  }
  for (size_t i = 0; i <= count; ++i, value += step) values.emplace_back(value);
}

}  // namespace

storage::Labels ParseMetric(std::string_view text) {
  text = Trim(text);
  std::string_view inside = text;
  if (inside.starts_with('{') && inside.ends_with('}')) inside = Trim(inside.substr(1, inside.size() - 2));
  if (inside.empty()) return {};
  std::vector<storage::Labels::Pair> pairs;
  for (const storage::Matcher& matcher : promql::ParseSelector(text)) {
    if (matcher.type() != storage::Matcher::Type::kEqual)
      throw std::invalid_argument("labels of a series are given by =, not by " + matcher.ToString());
    pairs.emplace_back(matcher.name(), matcher.value());
  }
  return storage::Labels(std::move(pairs));
}

std::vector<std::optional<double>> ParseSeriesValues(std::string_view text) {
  std::vector<std::optional<double>> values;
  while (true) {
    text = Trim(text);
    if (text.empty()) return values;
    const size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    AppendItem(text.substr(0, end), values);
    if (values.size() > kMaxValues) throw std::invalid_argument("has more than a million values");
    text.remove_prefix(end);
  }
}

}  // namespace tidemark::rules
