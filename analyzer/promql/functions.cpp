// The functions of one value or one window. Each computes in the order Prometheus 2.42 does (promql/functions.go),
// since floating-point sums depend on it.

#include "analyzer/promql/functions.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <numbers>
#include <string>

#include "analyzer/promql/errors.h"

namespace tidemark::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Kahan's sum with Neumaier's improvement (Neumaier 1974): the error of each addition is kept and added at the end.
class KahanSum {
 public:
  void Add(double value) {
    const double total = sum_ + value;
    compensation_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - total) + value : (value - total) + sum_;
    sum_ = total;
  }
  [[nodiscard]] double raw() const { return sum_; }
  [[nodiscard]] double Total() const { return sum_ + compensation_; }
  /// Total, but an infinite sum stays infinite: its compensation is NaN.
  [[nodiscard]] double TotalOrInf() const { return std::isinf(sum_) ? sum_ : Total(); }

 private:
  double sum_ = 0;
  double compensation_ = 0;
};

std::optional<double> Instant(const Window& window, bool is_rate) {
  if (window.samples.size() < 2) return std::nullopt;
  const Sample& last = window.samples.back();
  const Sample& previous = window.samples[window.samples.size() - 2];
  const double interval_seconds = static_cast<double>(last.timestamp_ms - previous.timestamp_ms) / 1000;
  if (interval_seconds == 0) return std::nullopt;
  if (!is_rate) return last.value - previous.value;
  const double difference = last.value < previous.value ? last.value : last.value - previous.value;
  return difference / interval_seconds;
}

std::optional<double> Irate(const Window& window) { return Instant(window, true); }
std::optional<double> Idelta(const Window& window) { return Instant(window, false); }

struct Line {
  double slope;
  double intercept;
};

/// Least squares; the intercept is at `intercept_ms`.
Line LinearRegression(std::span<const Sample> samples, int64_t intercept_ms) {
  const double first = samples.front().value;
  if (std::ranges::all_of(samples, [&](const Sample& sample) { return sample.value == first; })) {
    return std::isinf(first) ? Line{kNan, kNan} : Line{0, first};
  }
  KahanSum sum_x;
  KahanSum sum_y;
  KahanSum sum_xy;
  KahanSum sum_xx;
  for (const Sample& sample : samples) {
    const double x = static_cast<double>(sample.timestamp_ms - intercept_ms) / 1e3;
    sum_x.Add(x);
    sum_y.Add(sample.value);
    sum_xy.Add(x * sample.value);
    sum_xx.Add(x * x);
  }
  const auto n = static_cast<double>(samples.size());
  const double covariance = sum_xy.Total() - sum_x.Total() * sum_y.Total() / n;
  const double variance = sum_xx.Total() - sum_x.Total() * sum_x.Total() / n;
  const double slope = covariance / variance;
  return {slope, sum_y.Total() / n - slope * sum_x.Total() / n};
}

std::optional<double> Deriv(const Window& window) {
  if (window.samples.size() < 2) return std::nullopt;
  // Centred on the first sample: a slope needs no more, and large timestamps would cost its precision.
  return LinearRegression(window.samples, window.samples.front().timestamp_ms).slope;
}

std::optional<double> PredictLinear(const Window& window) {
  if (window.samples.size() < 2) return std::nullopt;
  const Line line = LinearRegression(window.samples, window.eval_ms);
  return line.slope * window.arguments[0] + line.intercept;
}

std::optional<double> SumOverTime(const Window& window) {
  KahanSum sum;
  for (const Sample& sample : window.samples) sum.Add(sample.value);
  return sum.TotalOrInf();
}

std::optional<double> AvgOverTime(const Window& window) {
  KahanSum mean;
  double count = 0;
  for (const Sample& sample : window.samples) {
    ++count;
    const double so_far = mean.raw();
    if (std::isinf(so_far)) {
      // An infinite mean stays, unless an infinity of the other sign or a NaN comes.
      if (std::isinf(sample.value) && (so_far > 0) == (sample.value > 0)) continue;
      if (std::isfinite(sample.value)) continue;
    }
    mean.Add(sample.value / count - so_far / count);
  }
  return mean.TotalOrInf();
}

std::optional<double> MinOverTime(const Window& window) {
  double min = window.samples.front().value;
  for (const Sample& sample : window.samples) {
    if (sample.value < min || std::isnan(min)) min = sample.value;
  }
  return min;
}

std::optional<double> MaxOverTime(const Window& window) {
  double max = window.samples.front().value;
  for (const Sample& sample : window.samples) {
    if (sample.value > max || std::isnan(max)) max = sample.value;
  }
  return max;
}

/// Welford's running variance with compensated sums.
double VarianceOverTime(const Window& window) {
  KahanSum mean;
  KahanSum squares;
  double count = 0;
  for (const Sample& sample : window.samples) {
    ++count;
    const double delta = sample.value - mean.Total();
    mean.Add(delta / count);
    squares.Add(delta * (sample.value - mean.Total()));
  }
  return squares.Total() / count;
}

std::optional<double> StdvarOverTime(const Window& window) { return VarianceOverTime(window); }
std::optional<double> StddevOverTime(const Window& window) { return std::sqrt(VarianceOverTime(window)); }
std::optional<double> CountOverTime(const Window& window) { return static_cast<double>(window.samples.size()); }
std::optional<double> LastOverTime(const Window& window) { return window.samples.back().value; }
std::optional<double> PresentOverTime(const Window& /*window*/) { return 1; }

std::optional<double> QuantileOverTime(const Window& window) {
  std::vector<double> values;
  values.reserve(window.samples.size());
  for (const Sample& sample : window.samples) values.push_back(sample.value);
  return Quantile(window.arguments[0], values);
}

/// Double exponential smoothing (Holt 1957, "Forecasting seasonals and trends by exponentially weighted moving
/// averages"): the level at the last sample. arguments: factors of smoothing and of trend.
std::optional<double> HoltWinters(const Window& window) {
  const auto [smoothing, trend] = window.arguments;
  const auto check = [](double factor, const char* name) {
    if (factor > 0 && factor < 1) return;
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%f", factor);
    throw EvalError("invalid " + std::string(name) + " factor. Expected: 0 < " + name[0] +
                    "f < 1, got: " + text.data());
  };
  check(smoothing, "smoothing");
  check(trend, "trend");
  if (window.samples.size() < 2) return std::nullopt;
  double previous_level = 0;
  double level = window.samples[0].value;
  double slope = window.samples[1].value - window.samples[0].value;
  for (size_t i = 1; i < window.samples.size(); ++i) {
    const double observed = smoothing * window.samples[i].value;
    if (i > 1) slope = trend * (level - previous_level) + (1 - trend) * slope;
    const double expected = (1 - smoothing) * (level + slope);
    previous_level = level;
    level = observed + expected;
  }
  return level;
}

std::optional<double> Changes(const Window& window) {
  double changes = 0;
  for (size_t i = 1; i < window.samples.size(); ++i) {
    const double previous = window.samples[i - 1].value;
    const double value = window.samples[i].value;
    if (value != previous && !(std::isnan(value) && std::isnan(previous))) ++changes;
  }
  return changes;
}

std::optional<double> Resets(const Window& window) {
  double resets = 0;
  for (size_t i = 1; i < window.samples.size(); ++i)
    resets += window.samples[i].value < window.samples[i - 1].value ? 1 : 0;
  return resets;
}

double Sign(double value) { return value < 0 ? -1 : value > 0 ? 1 : value; }

/// A time in UTC, as Go's time package has it for every int64 of seconds: far from now its years go around, too.
struct Date {
  uint64_t day;  ///< since Go's absolute zero, a Monday
  uint64_t second_of_day;
  std::chrono::year_month_day in_cycle;  ///< in the 400 years from 2001 on, which are like all other 400 years
  int64_t year;
};

Date DateOf(int64_t unix_seconds) {
  using std::chrono::days;
  using std::chrono::sys_days;
  constexpr uint64_t kUnixToAbsolute = 9223372028715321600U;  // Go's unixToInternal + internalToAbsolute
  constexpr int64_t kAbsoluteZeroYear = -292277022399;
  constexpr uint64_t kSecondsPerDay = 86400;
  constexpr uint64_t kDaysPerCycle = 146097;
  constexpr int64_t kYearsPerCycle = 400;
  constexpr std::chrono::year kCycleBegin{2001};
  const uint64_t absolute = static_cast<uint64_t>(unix_seconds) + kUnixToAbsolute;
  const uint64_t day = absolute / kSecondsPerDay;
  const std::chrono::year_month_day in_cycle =
      sys_days(kCycleBegin / 1 / 1) + days(static_cast<int64_t>(day % kDaysPerCycle));
  const int64_t year = kAbsoluteZeroYear + kYearsPerCycle * static_cast<int64_t>(day / kDaysPerCycle) +
                       (in_cycle.year() - kCycleBegin).count();
  return {day, absolute % kSecondsPerDay, in_cycle, year};
}

double Hour(int64_t unix_seconds) {
  const uint64_t hour = DateOf(unix_seconds).second_of_day / 3600;
  return static_cast<double>(hour);
}
double Minute(int64_t unix_seconds) {
  const uint64_t minute = DateOf(unix_seconds).second_of_day / 60 % 60;
  return static_cast<double>(minute);
}
double Month(int64_t unix_seconds) { return static_cast<unsigned>(DateOf(unix_seconds).in_cycle.month()); }
double Year(int64_t unix_seconds) { return static_cast<double>(DateOf(unix_seconds).year); }
double DayOfMonth(int64_t unix_seconds) { return static_cast<unsigned>(DateOf(unix_seconds).in_cycle.day()); }
double DayOfWeek(int64_t unix_seconds) { return static_cast<double>((DateOf(unix_seconds).day + 1) % 7); }

double DaysInMonth(int64_t unix_seconds) {
  const auto date = DateOf(unix_seconds).in_cycle;
  return static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
}

double DayOfYear(int64_t unix_seconds) {
  const auto date = DateOf(unix_seconds).in_cycle;
  return static_cast<double>((std::chrono::sys_days(date) - std::chrono::sys_days(date.year() / 1 / 1)).count() + 1);
}

std::map<std::string, Function, std::less<>> MakeTable() {
  using enum ValueType;
  std::map<std::string, Function, std::less<>> table;
  const auto add = [&](Function function) -> Function& {
    const char* name = function.name;
    return table.emplace(name, std::move(function)).first->second;
  };
  const auto range = [&](const char* name, RangeFunction function,
                         std::vector<ValueType> parameters = {kMatrix}) -> Function& {
    const size_t count = parameters.size();
    return add({.name = name,
                .parameters = std::move(parameters),
                .min_arguments = count,
                .variadic = false,
                .result = kVector,
                .range = function});
  };
  const auto math = [&](const char* name, MathFunction function) {
    add({.name = name,
         .parameters = {kVector},
         .min_arguments = 1,
         .variadic = false,
         .result = kVector,
         .math = function});
  };
  const auto date = [&](const char* name, DateFunction function) {
    add({.name = name,
         .parameters = {kVector},
         .min_arguments = 0,
         .variadic = false,
         .result = kVector,
         .date = function});
  };
  const auto special = [&](const char* name, Special kind, std::vector<ValueType> parameters, ValueType result,
                           size_t optional = 0, bool variadic = false) {
    const size_t min = parameters.size() - optional;
    add({.name = name,
         .parameters = std::move(parameters),
         .min_arguments = min,
         .variadic = variadic,
         .result = result,
         .special = kind});
  };
  range("rate", nullptr).steps = RateSteps;
  range("increase", nullptr).steps = IncreaseSteps;
  range("delta", nullptr).steps = DeltaSteps;
  range("irate", Irate);
  range("idelta", Idelta);
  range("deriv", Deriv);
  range("sum_over_time", SumOverTime);
  range("avg_over_time", AvgOverTime);
  range("min_over_time", MinOverTime);
  range("max_over_time", MaxOverTime);
  range("count_over_time", CountOverTime);
  range("last_over_time", LastOverTime).keeps_name = true;
  range("present_over_time", PresentOverTime);
  range("stddev_over_time", StddevOverTime);
  range("stdvar_over_time", StdvarOverTime);
  range("changes", Changes);
  range("resets", Resets);
  range("predict_linear", PredictLinear, {kMatrix, kScalar});
  range("quantile_over_time", QuantileOverTime, {kScalar, kMatrix});
  range("holt_winters", HoltWinters, {kMatrix, kScalar, kScalar});
  math("abs", [](double v) { return std::fabs(v); });
  math("ceil", [](double v) { return std::ceil(v); });
  math("floor", [](double v) { return std::floor(v); });
  math("exp", [](double v) { return std::exp(v); });
  math("sqrt", [](double v) { return std::sqrt(v); });
  math("ln", [](double v) { return std::log(v); });
  math("log2", [](double v) { return std::log2(v); });
  math("log10", [](double v) { return std::log10(v); });
  math("sgn", Sign);
  math("sin", [](double v) { return std::sin(v); });
  math("cos", [](double v) { return std::cos(v); });
  math("tan", [](double v) { return std::tan(v); });
  math("asin", [](double v) { return std::asin(v); });
  math("acos", [](double v) { return std::acos(v); });
  math("atan", [](double v) { return std::atan(v); });
  math("sinh", [](double v) { return std::sinh(v); });
  math("cosh", [](double v) { return std::cosh(v); });
  math("tanh", [](double v) { return std::tanh(v); });
  math("asinh", [](double v) { return std::asinh(v); });
  math("acosh", [](double v) { return std::acosh(v); });
  math("atanh", [](double v) { return std::atanh(v); });
  math("rad", [](double v) { return v * std::numbers::pi / 180; });
  math("deg", [](double v) { return v * 180 / std::numbers::pi; });
  date("minute", Minute);
  date("hour", Hour);
  date("day_of_month", DayOfMonth);
  date("day_of_week", DayOfWeek);
  date("day_of_year", DayOfYear);
  date("days_in_month", DaysInMonth);
  date("month", Month);
  date("year", Year);
  special("absent", Special::kAbsent, {kVector}, kVector);
  special("absent_over_time", Special::kAbsentOverTime, {kMatrix}, kVector);
  special("clamp", Special::kClamp, {kVector, kScalar, kScalar}, kVector);
  special("clamp_max", Special::kClampMax, {kVector, kScalar}, kVector);
  special("clamp_min", Special::kClampMin, {kVector, kScalar}, kVector);
  special("histogram_quantile", Special::kHistogramQuantile, {kScalar, kVector}, kVector);
  special("histogram_count", Special::kNativeHistogram, {kVector}, kVector);
  special("histogram_fraction", Special::kNativeHistogram, {kScalar, kScalar, kVector}, kVector);
  special("histogram_sum", Special::kNativeHistogram, {kVector}, kVector);
  special("label_join", Special::kLabelJoin, {kVector, kString, kString, kString}, kVector, 1, true);
  special("label_replace", Special::kLabelReplace, {kVector, kString, kString, kString, kString}, kVector);
  special("pi", Special::kPi, {}, kScalar);
  special("round", Special::kRound, {kVector, kScalar}, kVector, 1);
  special("scalar", Special::kScalar, {kVector}, kScalar);
  special("sort", Special::kSort, {kVector}, kVector);
  special("sort_desc", Special::kSortDesc, {kVector}, kVector);
  special("time", Special::kTime, {}, kScalar);
  special("timestamp", Special::kTimestamp, {kVector}, kVector);
  special("vector", Special::kVector, {kScalar}, kVector);
  return table;
}

}  // namespace

const Function* FindFunction(std::string_view name) {
  static const std::map<std::string, Function, std::less<>> kTable = MakeTable();
  const auto it = kTable.find(name);
  return it == kTable.end() ? nullptr : &it->second;
}

double Quantile(double q, std::vector<double>& values) {
  if (values.empty() || std::isnan(q)) return kNan;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  // NaN sorts before every number.
  std::ranges::sort(values, [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const auto n = static_cast<double>(values.size());
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[static_cast<size_t>(lower)] * (1 - weight) + values[static_cast<size_t>(upper)] * weight;
}

double HistogramQuantile(double q, std::vector<Bucket> buckets) {
  if (std::isnan(q) || buckets.empty()) return kNan;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  std::ranges::stable_sort(buckets, {}, &Bucket::upper_bound);
  if (buckets.back().upper_bound != kInf) return kNan;
  // Buckets of equal bound come from duplicate series: their counts add up.
  std::vector<Bucket> merged;
  for (const Bucket& bucket : buckets) {
    if (!merged.empty() && merged.back().upper_bound == bucket.upper_bound) {
      merged.back().count += bucket.count;
    } else {
      merged.push_back(bucket);
    }
  }
  // Counts of buckets scraped at slightly different times may fall; a cumulative count cannot.
  double max = merged.front().count;
  for (Bucket& bucket : merged) {
    if (bucket.count > max) max = bucket.count;
    if (bucket.count < max) bucket.count = max;
  }
  if (merged.size() < 2) return kNan;
  const double observations = merged.back().count;
  if (observations == 0) return kNan;
  double rank = q * observations;
  size_t b = 0;
  while (b < merged.size() - 1 && !(merged[b].count >= rank)) ++b;
  if (b == merged.size() - 1) return merged[merged.size() - 2].upper_bound;
  if (b == 0 && merged[0].upper_bound <= 0) return merged[0].upper_bound;
  double begin = 0;
  double count = merged[b].count;
  if (b > 0) {
    begin = merged[b - 1].upper_bound;
    count -= merged[b - 1].count;
    rank -= merged[b - 1].count;
  }
  return begin + (merged[b].upper_bound - begin) * (rank / count);
}

}  // namespace tidemark::promql
