#include "analyzer/storage/int_column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "analyzer/storage/bit_packing.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

constexpr uint8_t kOrderMask = 0x03;
constexpr uint8_t kConstant = 0x04;
constexpr uint8_t kRepeats = 0x08;
constexpr uint8_t kExceptions = 0x80;
constexpr unsigned kMaxOrder = 2;
constexpr size_t kBlockValues = 128;
/// What an exception costs at most: its position, and a varint of what its packed bits leave out.
constexpr size_t ExceptionBits(unsigned rest_width) { return 8 + 8 * ((rest_width + 7) / 7); }

/// Differences in place, from the back; the first value stays.
void Difference(std::span<int64_t> values) {
  for (size_t i = values.size(); i-- > 1;) values[i] = WrappingSubtract(values[i], values[i - 1]);
}

/// Bits that residuals around their median would take, without the cost of finding the best frame.
size_t EstimateBits(std::span<const int64_t> residuals) {
  if (residuals.empty()) return 0;
  std::array<int64_t, 16> some{};
  const size_t stride = residuals.size() / some.size() + 1;
  size_t count = 0;
  for (size_t i = 0; i < residuals.size(); i += stride) some[count++] = residuals[i];
  std::nth_element(some.begin(), some.begin() + static_cast<ptrdiff_t>(count / 2),
                   some.begin() + static_cast<ptrdiff_t>(count));
  const int64_t median = some[count / 2];
  size_t bits = 0;
  for (const int64_t residual : residuals)
    bits += static_cast<size_t>(std::bit_width(ZigzagEncode(WrappingSubtract(residual, median))));
  return bits;
}

/// The base and width that make a block smallest: of the sorted residuals, those in [base, base + 2^width) are packed
/// and the others are exceptions.
struct Frame {
  int64_t base = 0;
  unsigned width = 64;
};

Frame BestFrame(std::span<const int64_t> sorted) {
  const auto distance = [&](size_t low, size_t high) {
    return static_cast<uint64_t>(sorted[high]) - static_cast<uint64_t>(sorted[low]);
  };
  const auto full_width = static_cast<unsigned>(std::bit_width(distance(0, sorted.size() - 1)));
  Frame best{sorted.front(), full_width};
  size_t best_bits = full_width * sorted.size();
  for (unsigned width = full_width; width > 0;) {
    --width;
    // The window that holds most residuals, by two ends that move up.
    const uint64_t reach = width == 0 ? 0 : (~uint64_t{0} >> (64 - width));
    size_t most = 0;
    size_t most_at = 0;
    for (size_t low = 0, high = 0; low < sorted.size() && sorted.size() - low > most; ++low) {
      while (high < sorted.size() && distance(low, high) <= reach) ++high;
      if (high - low > most) {
        most = high - low;
        most_at = low;
      }
    }
    // The same window may fit a smaller width, which then holds no less.
    width = static_cast<unsigned>(std::bit_width(distance(most_at, most_at + most - 1)));
    const size_t exceptions = sorted.size() - most;
    // Smaller widths have no fewer exceptions.
    if (exceptions * ExceptionBits(1) >= best_bits) break;
    const size_t bits = width * sorted.size() + exceptions * ExceptionBits(full_width - width);
    if (bits < best_bits) {
      best_bits = bits;
      best = {sorted[most_at], width};
    }
  }
  return best;
}

void EncodeBlock(std::span<const int64_t> residuals, std::string& out) {
  std::array<int64_t, kBlockValues> sorted{};
  std::ranges::copy(residuals, sorted.begin());
  std::sort(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(residuals.size()));
  const Frame frame = BestFrame(std::span(sorted).first(residuals.size()));
  const uint64_t mask = frame.width == 64 ? ~uint64_t{0} : (uint64_t{1} << frame.width) - 1;
  std::array<uint64_t, kBlockValues> packed{};
  std::string exceptions;
  size_t exception_count = 0;
  for (size_t i = 0; i < residuals.size(); ++i) {
    const uint64_t offset = static_cast<uint64_t>(residuals[i]) - static_cast<uint64_t>(frame.base);
    packed[i] = offset & mask;
    if (offset == packed[i]) continue;
    ++exception_count;
    exceptions += static_cast<char>(i);
    // Residuals below the base wrap to the top; zigzag brings them back to small codes.
    AppendZigzag(exceptions, static_cast<int64_t>(offset) >> frame.width);
  }
  out += static_cast<char>(frame.width | (exception_count > 0 ? kExceptions : 0));
  AppendZigzag(out, frame.base);
  if (exception_count > 0) {
    AppendVarint(out, exception_count);
    out += exceptions;
  }
  PackBits(std::span(packed).first(residuals.size()), frame.width, out);
}

/// `values` is scratch: it is overwritten.
void EncodePlain(std::span<int64_t> values, std::string& out) {
  unsigned order = 0;
  size_t fewest_bits = EstimateBits(values);
  std::vector<int64_t> residuals(values.begin(), values.end());
  for (unsigned candidate = 1; candidate <= kMaxOrder && candidate < values.size(); ++candidate) {
    Difference(std::span(residuals).subspan(candidate - 1));
    const size_t bits = EstimateBits(std::span<const int64_t>(residuals).subspan(candidate));
    if (bits < fewest_bits) {
      fewest_bits = bits;
      order = candidate;
    }
  }
  for (unsigned i = 0; i < order; ++i) Difference(values.subspan(i));
  const std::span<const int64_t> rest = values.subspan(order);
  const bool constant = !rest.empty() && std::ranges::all_of(rest, [&](int64_t r) { return r == rest.front(); });
  out += static_cast<char>(order | (constant ? kConstant : 0U));
  for (unsigned i = 0; i < order; ++i) AppendZigzag(out, values[i]);
  if (constant) {
    AppendZigzag(out, rest.front());
    return;
  }
  for (size_t at = 0; at < rest.size(); at += kBlockValues)
    EncodeBlock(rest.subspan(at, std::min(kBlockValues, rest.size() - at)), out);
}

/// Undoes the differences while residuals are read. The sums of one step wait for those of the step before, so steps
/// are four values wide: within one, sums are taken side by side.
struct Sums {
  static constexpr size_t kStep = 4;

  unsigned order = 0;
  uint64_t value = 0;       ///< the last one
  uint64_t difference = 0;  ///< and its difference to the one before, of order 2

  void Sum(std::span<const uint64_t> packed, uint64_t base, std::span<int64_t> out) {
    if (order == 0) {
      for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int64_t>(packed[i] + base);
    } else if (order == 1) {
      uint64_t sum = value;
      size_t i = 0;
      for (; i + kStep <= out.size(); i += kStep) {
        const uint64_t two = packed[i] + packed[i + 1];
        const uint64_t three = two + packed[i + 2];
        out[i] = static_cast<int64_t>(sum + (packed[i] + base));
        out[i + 1] = static_cast<int64_t>(sum + (two + 2 * base));
        out[i + 2] = static_cast<int64_t>(sum + (three + 3 * base));
        sum += three + packed[i + 3] + 4 * base;
        out[i + 3] = static_cast<int64_t>(sum);
      }
      for (; i < out.size(); ++i) {
        sum += packed[i] + base;
        out[i] = static_cast<int64_t>(sum);
      }
      value = sum;
    } else {
      for (size_t i = 0; i < out.size(); ++i) {
        difference += packed[i] + base;
        value += difference;
        out[i] = static_cast<int64_t>(value);
      }
    }
  }
  void SumConstant(uint64_t residual, std::span<int64_t> out) {
    if (order == 0) {
      std::ranges::fill(out, static_cast<int64_t>(residual));
    } else if (order == 1) {
      uint64_t sum = value;
      size_t i = 0;
      for (; i + kStep <= out.size(); i += kStep) {
        out[i] = static_cast<int64_t>(sum + residual);
        out[i + 1] = static_cast<int64_t>(sum + 2 * residual);
        out[i + 2] = static_cast<int64_t>(sum + 3 * residual);
        sum += 4 * residual;
        out[i + 3] = static_cast<int64_t>(sum);
      }
      for (; i < out.size(); ++i) {
        sum += residual;
        out[i] = static_cast<int64_t>(sum);
      }
      value = sum;
    } else {
      for (int64_t& sum : out) {
        difference += residual;
        value += difference;
        sum = static_cast<int64_t>(value);
      }
    }
  }
};

/// A block of width 0: between exceptions, which come in the order of their positions, all residuals are the base.
bool DecodeNarrowBlock(std::string_view& in, uint64_t exception_count, uint64_t base, Sums& state,
                       std::span<int64_t> out) {
  size_t summed = 0;
  for (uint64_t i = 0; i < exception_count; ++i) {
    int64_t rest = 0;
    if (in.empty()) return false;
    const auto position = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    if (position < summed || position >= out.size() || !ReadZigzag(in, rest)) return false;
    state.SumConstant(base, out.subspan(summed, position - summed));
    state.SumConstant(base + static_cast<uint64_t>(rest), out.subspan(position, 1));
    summed = position + size_t{1};
  }
  state.SumConstant(base, out.subspan(summed));
  return true;
}

bool DecodeBlock(std::string_view& in, Sums& state, std::span<int64_t> out) {
  if (in.empty()) return false;
  const auto head = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  const unsigned width = head & ~kExceptions;
  int64_t base = 0;
  uint64_t exception_count = 0;
  if (width > 64 || !ReadZigzag(in, base)) return false;
  if ((head & kExceptions) != 0 && (!ReadVarint(in, exception_count) || exception_count > out.size())) return false;
  if (width == 0) return DecodeNarrowBlock(in, exception_count, static_cast<uint64_t>(base), state, out);
  std::string_view exceptions = in;
  for (uint64_t i = 0; i < exception_count; ++i) {
    int64_t rest = 0;
    if (in.empty() || static_cast<uint8_t>(in.front()) >= out.size()) return false;
    in.remove_prefix(1);
    if (!ReadZigzag(in, rest)) return false;
  }
  const size_t bytes = PackedBytes(out.size(), width);
  if (in.size() < bytes) return false;
  std::array<uint64_t, kBlockValues> packed;
  UnpackBits(in, width, out.size(), packed.data());
  in.remove_prefix(bytes);
  for (uint64_t i = 0; i < exception_count; ++i) {
    const auto position = static_cast<uint8_t>(exceptions.front());
    exceptions.remove_prefix(1);
    int64_t rest = 0;
    ReadZigzag(exceptions, rest);
    if (width < 64) packed[position] |= static_cast<uint64_t>(rest) << width;
  }
  state.Sum(std::span(packed).first(out.size()), static_cast<uint64_t>(base), out);
  return true;
}

bool DecodePlain(std::string_view& in, uint8_t head, std::span<int64_t> out) {
  const unsigned order = head & kOrderMask;
  if (order > kMaxOrder || out.size() < order) return false;
  Sums state{.order = order};
  for (unsigned i = 0; i < order; ++i) {
    if (!ReadZigzag(in, out[i])) return false;
  }
  if (order > 0) state.value = static_cast<uint64_t>(out[0]);
  if (order > 1) {
    state.difference = static_cast<uint64_t>(out[1]);
    state.value += state.difference;
    out[1] = static_cast<int64_t>(state.value);
  }
  const std::span<int64_t> rest = out.subspan(order);
  if ((head & kConstant) != 0) {
    int64_t residual = 0;
    if (!ReadZigzag(in, residual)) return false;
    state.SumConstant(static_cast<uint64_t>(residual), rest);
    return true;
  }
  for (size_t at = 0; at < rest.size(); at += kBlockValues) {
    if (!DecodeBlock(in, state, rest.subspan(at, std::min(kBlockValues, rest.size() - at)))) return false;
  }
  return true;
}

bool DecodeRepeats(std::string_view& in, std::span<int64_t> out) {
  uint64_t change_count = 0;
  const size_t mask_bytes = (out.size() + 7) / 8;
  if (!ReadVarint(in, change_count) || change_count > out.size() || in.size() < mask_bytes) return false;
  const std::string_view mask = in.substr(0, mask_bytes);
  in.remove_prefix(mask_bytes);
  size_t set_bits = 0;
  for (const char byte : mask) set_bits += static_cast<size_t>(std::popcount(static_cast<uint8_t>(byte)));
  if (set_bits != change_count || in.empty()) return false;
  const auto head = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  // The changed values are read to the back of `out`, and spread from there to the front: writing never overtakes.
  const std::span<int64_t> changes = out.last(change_count);
  if ((head & kRepeats) != 0 || !DecodePlain(in, head, changes)) return false;
  size_t next = 0;
  size_t filled = 0;
  int64_t current = 0;
  for (size_t byte = 0; byte < mask_bytes; ++byte) {
    for (unsigned bits = static_cast<uint8_t>(mask[byte]); bits != 0; bits &= bits - 1) {
      const size_t position = byte * 8 + static_cast<size_t>(std::countr_zero(bits));
      if (position >= out.size()) return false;
      std::fill(out.begin() + static_cast<ptrdiff_t>(filled), out.begin() + static_cast<ptrdiff_t>(position), current);
      filled = position;
      current = changes[next++];
    }
  }
  std::fill(out.begin() + static_cast<ptrdiff_t>(filled), out.end(), current);
  return true;
}

/// The column as its changes only. Empty when too few values repeat for it to pay.
std::string EncodeRepeats(std::span<const int64_t> values) {
  std::string out;
  size_t repeats = 0;
  for (size_t i = 1; i < values.size(); ++i) repeats += values[i] == values[i - 1] ? 1 : 0;
  constexpr size_t kLeastRepeats = 5;  // one in so many
  if (repeats < values.size() / kLeastRepeats || repeats + 2 > values.size()) return out;
  std::string mask((values.size() + 7) / 8, '\0');
  std::vector<int64_t> changes;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && values[i] == values[i - 1]) continue;
    mask[i / 8] = static_cast<char>(static_cast<uint8_t>(mask[i / 8]) | (1U << (i % 8)));
    changes.push_back(values[i]);
  }
  out += static_cast<char>(kRepeats);
  AppendVarint(out, changes.size());
  out += mask;
  EncodePlain(changes, out);
  return out;
}

/// Values at one distance from each other, as timestamps mostly are, need no search for what suits them. False for
/// others.
bool EncodeArithmetic(std::span<const int64_t> values, std::string& out) {
  if (values.size() < 2) return false;
  const int64_t distance = WrappingSubtract(values[1], values[0]);
  for (size_t i = 2; i < values.size(); ++i) {
    if (WrappingSubtract(values[i], values[i - 1]) != distance) return false;
  }
  const unsigned order = distance == 0 ? 0 : 1;
  out += static_cast<char>(order | kConstant);
  AppendZigzag(out, values[0]);
  if (order == 1) AppendZigzag(out, distance);
  return true;
}

}  // namespace

void EncodeColumn(std::span<const int64_t> values, std::string& out) {
  if (EncodeArithmetic(values, out)) return;
  const std::string repeats = EncodeRepeats(values);
  const size_t begin = out.size();
  std::vector<int64_t> scratch(values.begin(), values.end());
  EncodePlain(scratch, out);
  if (!repeats.empty() && repeats.size() < out.size() - begin) {
    out.resize(begin);
    out += repeats;
  }
}

bool DecodeColumn(std::string_view& in, std::span<int64_t> out) {
  if (in.empty()) return false;
  const auto head = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  return (head & kRepeats) != 0 ? DecodeRepeats(in, out) : DecodePlain(in, head, out);
}

std::optional<int64_t> FirstOfColumn(std::string_view column) {
  if (column.empty()) return std::nullopt;
  const auto head = static_cast<uint8_t>(column.front());
  column.remove_prefix(1);
  const bool is_written = (head & kOrderMask) > 0 || (head & kConstant) != 0;
  int64_t value = 0;
  if ((head & kRepeats) != 0 || !is_written || !ReadZigzag(column, value)) return std::nullopt;
  return value;
}

}  // namespace tidemark::storage
