// Bytes and time a sample of the chunk format, by class of data: codec-cost [samples a chunk [file]]. Beside each time
// stands that of copying the same samples, since machines differ. The samples go to the file too, for other codecs
// (codec_cost.py): of each class its name and a line end, and then kSeries x kSamples float64.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "analyzer/storage/chunk.h"

using namespace tidemark::storage;

namespace {

constexpr size_t kSamples = 2880;
constexpr size_t kSeries = 50;
constexpr int kRounds = 20;

double SecondsOf(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The samples' file, or null.
std::FILE* samples_file = nullptr;

void Measure(const char* name, size_t chunk_samples, const std::function<double(double before)>& next) {
  std::vector<std::vector<Sample>> chunks;
  if (samples_file != nullptr) std::fprintf(samples_file, "%s\n", name);
  for (size_t series = 0; series < kSeries; ++series) {
    double value = 1000;
    for (size_t i = 0; i < kSamples; ++i) {
      if (i % chunk_samples == 0) chunks.emplace_back();
      value = next(value);
      if (samples_file != nullptr) std::fwrite(&value, sizeof(value), 1, samples_file);
      chunks.back().push_back({1'700'000'000'000 + static_cast<int64_t>(i) * 30'000, value});
    }
  }
  std::vector<std::string> encoded(chunks.size());
  const double encode_seconds = SecondsOf([&] {
    for (size_t i = 0; i < chunks.size(); ++i) EncodeChunk(chunks[i], encoded[i]);
  });
  size_t bytes = 0;
  for (const std::string& chunk : encoded) bytes += chunk.size();
  ChunkColumns columns;
  double sum = 0;
  const double decode_seconds = SecondsOf([&] {
    for (int round = 0; round < kRounds; ++round) {
      for (const std::string& chunk : encoded) {
        std::string_view in = chunk;
        if (!DecodeChunk(in, columns)) std::abort();
        sum += columns.values.back();
      }
    }
  });
  std::vector<Sample> copy(chunk_samples);
  const double copy_seconds = SecondsOf([&] {
    for (int round = 0; round < kRounds; ++round) {
      for (const std::vector<Sample>& chunk : chunks) {
        std::memcpy(copy.data(), chunk.data(), chunk.size() * sizeof(Sample));
        sum += copy.front().value;
      }
    }
  });
  const auto total = static_cast<double>(kSeries * kSamples);
  std::printf("%-28s %8.3f %12.1f %12.2f %12.2f%s\n", name, static_cast<double>(bytes) / total,
              encode_seconds / total * 1e9, decode_seconds / total / kRounds * 1e9,
              copy_seconds / total / kRounds * 1e9, std::isnan(sum) ? " " : "");
}

}  // namespace

int main(int argc, char** argv) {
  const size_t chunk_samples = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 720;
  if (chunk_samples == 0 || chunk_samples > kMaxChunkSamples) {
    std::fprintf(stderr, "a chunk has 1 to %zu samples\n", kMaxChunkSamples);
    return 2;
  }
  if (argc > 2 && (samples_file = std::fopen(argv[2], "wb")) == nullptr) {
    std::fprintf(stderr, "cannot write %s\n", argv[2]);
    return 1;
  }
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::printf("%zu samples a chunk\n%-28s %8s %12s %12s %12s\n", chunk_samples, "", "bytes", "encode ns", "decode ns",
              "copy ns");
  Measure("constant", chunk_samples, [](double before) { return before; });
  Measure("counter, steady", chunk_samples, [](double before) { return before + 15; });
  Measure("counter, noisy", chunk_samples,
          [&](double before) { return before + std::max(0.0, std::round(100 + 10 * normal(random))); });
  Measure("counter of bytes", chunk_samples,
          [&](double before) { return before + 1500.0 * static_cast<double>(random() % 100); });
  Measure("counter of seconds", chunk_samples,
          [&](double before) { return std::round((before + 0.3 + 0.05 * normal(random)) * 100) / 100; });
  Measure("gauge, one decimal", chunk_samples,
          [&](double before) { return std::round((before + normal(random)) * 10) / 10; });
  Measure("gauge, seldom changing", chunk_samples,
          [&](double before) { return random() % 50 == 0 ? static_cast<double>(random() % 100) : before; });
  Measure("gauge, all bits", chunk_samples, [&](double before) { return before + normal(random); });
  return samples_file != nullptr && std::fclose(samples_file) != 0 ? 1 : 0;
}
