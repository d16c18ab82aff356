#include "common/http/gzip.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <random>

namespace {

/// By another library than the one that compresses. Empty when it is not one whole gzip member.
std::string Gunzip(const std::string& data, size_t max_bytes) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string plain(max_bytes + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
  plain.resize(whole ? stream.total_out : 0);
  inflateEnd(&stream);
  return plain;
}

}  // namespace

TEST_CASE("gzip: memory that was used before does not matter") {
  // Twice: the first is mapped, and only when it is freed blocks of this size come from the heap.
  for (int round = 0; round < 2; ++round) {
    const std::string dirty(size_t{300} * 1024, '\xFF');
    REQUIRE(dirty.back() == '\xFF');
  }
  const std::string page(50'000, 'x');
  CHECK(Gunzip(tidemark::http::Gzip(page), page.size()) == page);
}

TEST_CASE("gzip: what another library unpacks is what was packed") {
  std::mt19937_64 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same at every run
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{4'000}, size_t{70'000}, size_t{3'000'000}}) {
    CAPTURE(bytes);
    std::string noise(bytes, '\0');
    std::string page(bytes, '\0');
    for (size_t i = 0; i < bytes; ++i) {
      noise[i] = static_cast<char>(random());
      page[i] = "node_cpu_seconds_total{cpu=\"0\"} 1234\n"[i % 37];
    }
    CHECK(Gunzip(tidemark::http::Gzip(noise), bytes) == noise);
    const std::string packed = tidemark::http::Gzip(page);
    CHECK(Gunzip(packed, bytes) == page);
    CHECK(packed.size() <= bytes / 20 + 40);
  }
}

TEST_CASE("gzip: codes of one page pack others that are like it as well, and all others right") {
  const auto page = [](size_t lines, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string text;
    for (size_t i = 0; i < lines; ++i) {
      text += "node_disk_read_bytes_total{device=\"sd";
      text += static_cast<char>('a' + i % 26);
      text += "\"} " + std::to_string(random() % 1'000'000'000) + "\n";
    }
    return text;
  };
  tidemark::http::GzipCodes codes;
  CHECK(codes.For(page(10, 1)) == nullptr);
  REQUIRE(codes.For(page(1000, 1)) != nullptr);
  for (const uint64_t seed : {uint64_t{2}, uint64_t{3}}) {
    const std::string other = page(1500, seed);
    const std::string packed = tidemark::http::Gzip(other, &codes);
    CHECK(Gunzip(packed, other.size()) == other);
    CHECK(packed.size() <= tidemark::http::Gzip(other).size() * 11 / 10);
  }
  std::mt19937_64 random(4);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same at every run
  std::string noise(size_t{100'000}, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  CHECK(Gunzip(tidemark::http::Gzip(noise, &codes), noise.size()) == noise);
}

TEST_CASE("gzip: a text in pieces is one member") {
  std::mt19937_64 random(9);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same at every run
  for (const size_t piece_bytes : {size_t{1}, size_t{100}, size_t{70'000}, size_t{300'000}}) {
    CAPTURE(piece_bytes);
    std::string text;
    std::string packed;
    tidemark::http::GzipStream stream;
    for (int i = 0; i < 20; ++i) {
      std::string piece(i % 5 == 4 ? 0 : piece_bytes, 'x');
      for (char& c : piece) c = i % 2 == 0 ? static_cast<char>(random()) : "[1700000000,\"1\"],"[random() % 3];
      stream.Append(piece, i == 19, packed);
      text += piece;
    }
    CHECK(Gunzip(packed, text.size()) == text);
  }
}
