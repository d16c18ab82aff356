#include "analyzer/storage/chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "analyzer/storage/int_column.h"
#include "analyzer/storage/varint.h"
#include "common/number_format.h"

namespace tidemark::storage {
namespace {

constexpr uint8_t kRaw = 0x10;
constexpr uint8_t kHasDivisor = 0x20;
constexpr uint8_t kHasExceptions = 0x40;
constexpr uint8_t kDecimalsMask = 0x0F;
constexpr unsigned kMaxDecimals = 15;
constexpr unsigned kNoDecimals = kMaxDecimals + 1;
/// Exceptions that are worth it: one in so many samples, and always a few.
constexpr size_t kExceptionShare = 16;
constexpr size_t kFewExceptions = 2;
constexpr size_t kExceptionBits = 80;

constexpr std::array<double, kMaxDecimals + 1> kPowersOfTen = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                               1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/// Whether `value` is exactly an integer over 10^decimals, and which.
bool ToInteger(double value, unsigned decimals, int64_t& integer) {
  const double scaled = value * kPowersOfTen[decimals];
  if (!(std::fabs(scaled) <= kExactIntegers)) return false;
  integer = std::llrint(scaled);
  const double back = static_cast<double>(integer);
  // By bits: -0 is not 0.
  return std::bit_cast<uint64_t>(decimals == 0 ? back : back / kPowersOfTen[decimals]) ==
         std::bit_cast<uint64_t>(value);
}

unsigned FewestDecimals(double value, unsigned guess) {
  int64_t ignored = 0;
  // Neighbours mostly have as many decimals as the value before, or fewer.
  if (guess <= kMaxDecimals && !ToInteger(value, guess, ignored) && guess < 4) {
    for (unsigned decimals = guess + 1; decimals <= kMaxDecimals; ++decimals) {
      if (ToInteger(value, decimals, ignored)) return decimals;
    }
    return kNoDecimals;
  }
  for (unsigned decimals = 0; decimals <= kMaxDecimals; ++decimals) {
    if (ToInteger(value, decimals, ignored)) return decimals;
  }
  return kNoDecimals;
}

/// The decimals that make the integers and the exceptions together smallest; kNoDecimals when none will do.
unsigned ChooseDecimals(std::span<const Sample> samples) {
  // What the first value needs mostly does for all, and none can do with less.
  const unsigned first = FewestDecimals(samples.front().value, 0);
  int64_t ignored = 0;
  if (first <= kMaxDecimals &&
      std::ranges::all_of(samples, [&](const Sample& sample) { return ToInteger(sample.value, first, ignored); }))
    return first;
  const size_t most_exceptions = samples.size() / kExceptionShare + kFewExceptions;
  std::array<size_t, kNoDecimals + 1> with_decimals{};
  unsigned guess = 0;
  for (const Sample& sample : samples) {
    const unsigned decimals = FewestDecimals(sample.value, guess);
    if (decimals != kNoDecimals) guess = decimals;
    if (++with_decimals[decimals] > most_exceptions && decimals == kNoDecimals) return kNoDecimals;
  }
  unsigned best = kNoDecimals;
  double fewest_bits = 0;
  size_t exceptions = samples.size();
  for (unsigned decimals = 0; decimals <= kMaxDecimals; ++decimals) {
    exceptions -= with_decimals[decimals];
    if (with_decimals[decimals] == 0 || exceptions > most_exceptions) continue;
    constexpr double kBitsPerDecimal = 3.33;
    const double bits = static_cast<double>(exceptions * kExceptionBits) +
                        static_cast<double>(samples.size()) * decimals * kBitsPerDecimal;
    if (best == kNoDecimals || bits < fewest_bits) {
      best = decimals;
      fewest_bits = bits;
    }
  }
  return best;
}

/// float64 bits as an integer of the same order as the numbers; its own inverse.
int64_t OrderedBits(int64_t bits) { return bits ^ static_cast<int64_t>(static_cast<uint64_t>(bits >> 63) >> 1); }

/// What all integers differ by a multiple of; 0 when they are equal.
uint64_t CommonDivisor(std::span<const int64_t> integers) {
  uint64_t divisor = 0;
  for (const int64_t integer : integers) {
    const int64_t difference = integer - integers.front();  // both are within 2^53
    const auto distance = static_cast<uint64_t>(difference < 0 ? -difference : difference);
    if (divisor > 0 && distance % divisor == 0) continue;  // mostly so, once a few are known
    divisor = std::gcd(divisor, distance);
    if (divisor == 1) break;
  }
  return divisor;
}

void EncodeRaw(std::span<const Sample> samples, std::string& out) {
  out += static_cast<char>(kRaw);
  std::vector<int64_t> integers(samples.size());
  std::ranges::transform(samples, integers.begin(),
                         [](const Sample& sample) { return OrderedBits(std::bit_cast<int64_t>(sample.value)); });
  EncodeColumn(integers, out);
}

void EncodeValues(std::span<const Sample> samples, std::string& out) {
  const unsigned decimals = ChooseDecimals(samples);
  if (decimals == kNoDecimals) return EncodeRaw(samples, out);
  std::vector<int64_t> integers(samples.size());
  std::vector<size_t> exceptions;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (ToInteger(samples[i].value, decimals, integers[i])) continue;
    integers[i] = i > 0 ? integers[i - 1] : 0;
    exceptions.push_back(i);
  }
  // A first value that is an exception has none before it to repeat: the first good one stands in.
  if (!exceptions.empty() && exceptions.front() == 0) {
    size_t good = 0;
    while (good < exceptions.size() && exceptions[good] == good) ++good;
    std::fill_n(integers.begin(), good, good < integers.size() ? integers[good] : 0);
  }
  uint64_t divisor = CommonDivisor(integers);
  // Dividing must leave no rest in the first value either.
  if (divisor > 1) divisor = std::gcd(divisor, static_cast<uint64_t>(std::abs(integers.front())));
  out += static_cast<char>(decimals | (divisor > 1 ? kHasDivisor : 0U) | (exceptions.empty() ? 0U : kHasExceptions));
  if (divisor > 1) {
    AppendVarint(out, divisor);
    for (int64_t& integer : integers) integer /= static_cast<int64_t>(divisor);
  }
  if (!exceptions.empty()) {
    AppendVarint(out, exceptions.size());
    size_t before = 0;
    for (const size_t i : exceptions) {
      AppendVarint(out, i - before);
      before = i;
      AppendFixed(out, samples[i].value);
    }
  }
  EncodeColumn(integers, out);
}

/// float64 of each integer times `factor`. Integers below 2^51 become the low bits of a float64 that is 3 * 2^51 too
/// large, which takes no conversion instruction, and so many at a time; should one be larger, all are done again.
void ToDoubles(std::span<const int64_t> integers, double factor, std::span<double> out) {
  constexpr uint64_t kLimit = uint64_t{1} << 51;
  constexpr double kOffset = 6755399441055744.0;  // 3 * 2^51
  constexpr uint64_t kOffsetBits = std::bit_cast<uint64_t>(kOffset);
  uint64_t any_bits = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    const auto integer = static_cast<uint64_t>(integers[i]);
    any_bits |= integer + kLimit;
    out[i] = (std::bit_cast<double>(integer + kOffsetBits) - kOffset) * factor;
  }
  if (any_bits < 2 * kLimit) return;
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(integers[i]) * factor;
}

bool DecodeValues(std::string_view& in, std::span<double> out) {
  if (in.empty()) return false;
  const auto kind = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  uint64_t divisor = 1;
  uint64_t exception_count = 0;
  if ((kind & kHasDivisor) != 0 && !ReadVarint(in, divisor)) return false;
  if ((kind & kHasExceptions) != 0 && !ReadVarint(in, exception_count)) return false;
  if (exception_count > out.size()) return false;
  std::string_view exceptions = in;
  size_t position = 0;
  for (uint64_t i = 0; i < exception_count; ++i) {
    uint64_t distance = 0;
    double value = 0;
    if (!ReadVarint(in, distance) || distance >= out.size() - position || !ReadFixed(in, value)) return false;
    position += distance;
  }
  std::array<int64_t, kMaxChunkSamples> room;
  const std::span<int64_t> integers = std::span(room).first(out.size());
  if (!DecodeColumn(in, integers)) return false;
  if ((kind & kRaw) != 0) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = std::bit_cast<double>(OrderedBits(integers[i]));
  } else {
    ToDoubles(integers, static_cast<double>(divisor), out);  // exact: what was divided was an integer within 2^53
    if ((kind & kDecimalsMask) != 0) {
      const double power = kPowersOfTen[kind & kDecimalsMask];
      for (double& value : out) value /= power;
    }
  }
  position = 0;
  for (uint64_t i = 0; i < exception_count; ++i) {
    uint64_t distance = 0;
    ReadVarint(exceptions, distance);
    position += distance;
    ReadFixed(exceptions, out[position]);
  }
  return true;
}

}  // namespace

void EncodeChunk(std::span<const Sample> samples, std::string& out) {
  AppendVarint(out, samples.size());
  std::vector<int64_t> timestamps(samples.size());
  std::ranges::transform(samples, timestamps.begin(), &Sample::timestamp_ms);
  EncodeColumn(timestamps, out);
  EncodeValues(samples, out);
}

bool DecodeChunk(std::string_view& in, ChunkColumns& out) {
  uint64_t count = 0;
  if (!ReadVarint(in, count) || count == 0 || count > kMaxChunkSamples) return false;
  out.timestamps_ms.resize(count);
  out.values.resize(count);
  return DecodeColumn(in, out.timestamps_ms) && DecodeValues(in, out.values);
}

size_t ChunkSampleCount(std::string_view chunk) {
  uint64_t count = 0;
  return ReadVarint(chunk, count) && count <= kMaxChunkSamples ? count : 0;
}

std::optional<int64_t> ChunkFirstTime(std::string_view chunk) {
  uint64_t count = 0;
  return ReadVarint(chunk, count) && count > 0 ? FirstOfColumn(chunk) : std::nullopt;
}

void AppendRange(const ChunkColumns& columns, int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) {
  const auto& times = columns.timestamps_ms;
  const auto begin = static_cast<size_t>(std::ranges::lower_bound(times, from_ms) - times.begin());
  const auto end = static_cast<size_t>(std::ranges::upper_bound(times, to_ms) - times.begin());
  if (begin >= end) return;
  const size_t before = out.size();
  out.resize(before + (end - begin));
  Sample* const to = out.data() + before;
  for (size_t i = begin; i < end; ++i) to[i - begin] = {times[i], columns.values[i]};
}

}  // namespace tidemark::storage
