#include "common/http/gzip.h"

#include <zlib.h>

#include <stdexcept>

namespace tidemark::http {

std::string Gzip(std::string_view data) {
  constexpr int kGzipWrapper = 16;
  // 2^13 of window and memory level 6 keep a stream's state near 64 KiB instead of 256 KiB.
  constexpr int kWindowBits = 13;
  constexpr int kMemoryLevel = 6;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits + kGzipWrapper, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::runtime_error("zlib: cannot start a deflate stream");
  }
  std::string compressed(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const int result = deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib: deflate failed");
  return compressed;
}

}  // namespace tidemark::http
