#include "common/http/gzip.h"

#include <libdeflate.h>

#include <memory>
#include <stdexcept>

namespace tidemark::http {

std::string Gzip(std::string_view data) {
  constexpr int kFastest = 1;
  // Kept: its tables are large enough to be mapped, and would be filled with zeros by the kernel at each page.
  thread_local const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(kFastest), &libdeflate_free_compressor);
  if (!compressor) throw std::runtime_error("libdeflate: out of memory");
  std::string compressed(libdeflate_gzip_compress_bound(compressor.get(), data.size()), '\0');
  compressed.resize(
      libdeflate_gzip_compress(compressor.get(), data.data(), data.size(), compressed.data(), compressed.size()));
  return compressed;
}

}  // namespace tidemark::http
