#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "analyzer/storage/bit_packing.h"
#include "analyzer/storage/chunk.h"
#include "analyzer/storage/int_column.h"
#include "analyzer/storage/open_chunk.h"

using namespace tidemark::storage;

namespace {

std::vector<double> RandomValues(std::mt19937_64& random, size_t count) {
  const std::vector<double> odd = {0.0,
                                   -0.0,
                                   kStaleNan,
                                   std::bit_cast<double>(0x7ff8000000000123ULL),
                                   std::numeric_limits<double>::infinity(),
                                   -std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::denorm_min(),
                                   std::numeric_limits<double>::max(),
                                   9007199254740993.0,
                                   1e15 + 0.5,
                                   0.1 + 0.2};
  std::vector<double> values;
  const auto kind = random() % 9;
  double value = static_cast<double>(random() % 100'000);
  for (size_t i = 0; i < count; ++i) {
    switch (kind) {
      case 0:
        value = std::bit_cast<double>(random());
        break;
      case 1:
        value += static_cast<double>(random() % 100);
        break;
      case 2:
        value = std::round((value + static_cast<double>(random() % 200) / 100.0 - 1) * 100) / 100;
        break;
      case 3:
        value = odd[random() % odd.size()];
        break;
      case 4:
        if (random() % 20 == 0) value = static_cast<double>(random() % 50);
        break;
      case 5:
        value = static_cast<double>(random() % 1000) * 4096;
        break;
      case 6:
        value = random() % 30 == 0 ? odd[random() % odd.size()] : static_cast<double>(random() % 1000) / 10;
        break;
      case 7:
        value += std::generate_canonical<double, 53>(random) - 0.5;
        break;
      default:
        value = -static_cast<double>(random() >> (random() % 64));
    }
    values.push_back(value);
  }
  return values;
}

std::vector<int64_t> RandomTimes(std::mt19937_64& random, size_t count) {
  std::vector<int64_t> times;
  const auto kind = random() % 4;
  auto time = static_cast<int64_t>(random() % 2'000'000'000'000);
  if (kind == 3) time = std::numeric_limits<int64_t>::min();
  for (size_t i = 0; i < count; ++i) {
    times.push_back(time);
    const auto step = static_cast<int64_t>(kind == 0   ? 30'000
                                           : kind == 1 ? 29'990 + random() % 20
                                           : kind == 2 ? random() % 100'000
                                                       : random() >> 6);
    if (time > std::numeric_limits<int64_t>::max() - step) break;
    time += step;
  }
  return times;
}

}  // namespace

TEST_CASE("bits come back at every width") {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    for (const size_t count : {size_t{1}, size_t{8}, size_t{13}, size_t{128}}) {
      std::vector<uint64_t> values(count);
      for (uint64_t& value : values) value = width == 0 ? 0 : random() >> (64 - width);
      std::string packed;
      PackBits(values, width, packed);
      CHECK(packed.size() == PackedBytes(count, width));
      std::vector<uint64_t> unpacked(count + kPackGroup);
      UnpackBits(packed, width, count, unpacked.data());
      unpacked.resize(count);
      CHECK(unpacked == values);
    }
  }
}

TEST_CASE("columns give back every integer") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int64_t> values(1 + random() % 700);
    const unsigned shift = random() % 64;
    int64_t value = 0;
    for (int64_t& v : values) {
      const auto step = static_cast<int64_t>(random() >> shift);
      value = round % 3 == 0 ? step : static_cast<int64_t>(static_cast<uint64_t>(value) + static_cast<uint64_t>(step));
      if (round % 5 == 0 && random() % 3 != 0 && &v != values.data()) value = (&v)[-1];
      v = random() % 200 == 0 ? std::numeric_limits<int64_t>::min() : value;
    }
    std::string encoded;
    EncodeColumn(values, encoded);
    std::string_view in = encoded;
    std::vector<int64_t> decoded(values.size());
    REQUIRE(DecodeColumn(in, decoded));
    CHECK(in.empty());
    CHECK(decoded == values);
  }
}

TEST_CASE("chunks, sealed and open, give back every bit pattern and every timestamp") {
  std::mt19937_64 random(7);
  ChunkColumns columns;
  int known_first_times = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::vector<int64_t> times = RandomTimes(random, 1 + random() % 500);
    const std::vector<double> values = RandomValues(random, times.size());
    std::vector<Sample> samples;
    OpenChunk open;
    for (size_t i = 0; i < times.size(); ++i) {
      samples.push_back({times[i], values[i]});
      open.Append(samples.back());
    }
    std::string encoded;
    EncodeChunk(samples, encoded);
    CHECK(ChunkSampleCount(encoded) == samples.size());
    const std::optional<int64_t> first = ChunkFirstTime(encoded);
    known_first_times += first ? 1 : 0;
    CHECK(first.value_or(times.front()) == times.front());
    std::string_view in = encoded;
    REQUIRE(DecodeChunk(in, columns));
    CHECK(in.empty());
    CHECK(columns.timestamps_ms == times);
    std::vector<Sample> opened;
    OpenChunk::Decode(open.runs(), opened);
    REQUIRE(opened.size() == samples.size());
    size_t differences = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      const auto bits = std::bit_cast<uint64_t>(samples[i].value);
      differences += std::bit_cast<uint64_t>(columns.values[i]) != bits ? 1 : 0;
      differences += std::bit_cast<uint64_t>(opened[i].value) != bits ? 1 : 0;
      differences += opened[i].timestamp_ms != samples[i].timestamp_ms ? 1 : 0;
    }
    CHECK(differences == 0);
    const size_t from = random() % times.size();
    std::vector<Sample> newest;
    OpenChunk::Decode(open.RunsFrom(times[from]), times[from], times.back(), newest);
    CHECK(newest.size() == samples.size() - from);
    CHECK(std::bit_cast<uint64_t>(newest.front().value) == std::bit_cast<uint64_t>(values[from]));
    // Cut short, it is refused or shorter, never read past its end.
    std::string_view cut = std::string_view(encoded).substr(0, random() % encoded.size());
    (void)DecodeChunk(cut, columns);
    (void)ChunkFirstTime(cut);
  }
  CHECK(known_first_times > 1000);
}

TEST_CASE("a steady integer series takes next to nothing, a range is cut out exactly") {
  std::vector<Sample> samples;
  for (int i = 0; i < 240; ++i) samples.push_back({1'700'000'000'000 + i * 30'000LL, 42});
  std::string encoded;
  EncodeChunk(samples, encoded);
  CHECK(encoded.size() < 24);
  std::string_view in = encoded;
  ChunkColumns columns;
  REQUIRE(DecodeChunk(in, columns));
  std::vector<Sample> range;
  AppendRange(columns, 1'700'000'000'000 + 29'999, 1'700'000'000'000 + 90'000, range);
  CHECK(range.size() == 3);
}
