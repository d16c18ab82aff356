#include "common/http/gzip.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace tidemark::http {
namespace {

/// The library's state and its tables: some 170 KB, which would be filled with zeros by the kernel at each page.
struct Compressor {
  isal_zstream stream;
  std::array<uint8_t, ISAL_DEF_LVL1_SMALL> tables;
};

/// Those that no thread uses now: as many as pages were ever compressed at the same time, not one a thread.
class IdleCompressors {
 public:
  std::unique_ptr<Compressor> Take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique_for_overwrite<Compressor>();
    std::unique_ptr<Compressor> compressor = std::move(idle_.back());
    idle_.pop_back();
    return compressor;
  }
  void GiveBack(std::unique_ptr<Compressor> compressor) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(compressor));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Compressor>> idle_;
};

/// Below this an answer fits one packet and compressing gains nothing.
constexpr size_t kMinGzipBytes = 1400;

bool IsCompressible(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.find("json") != std::string_view::npos ||
         content_type.find("javascript") != std::string_view::npos ||
         content_type.find("openmetrics") != std::string_view::npos ||
         content_type.find("yaml") != std::string_view::npos;
}

}  // namespace

GzipCodes::GzipCodes() = default;
GzipCodes::~GzipCodes() = default;

const isal_hufftables* GzipCodes::For(std::string_view text) {
  constexpr size_t kMinBytes = size_t{16} * 1024;
  if (text.size() < kMinBytes) return nullptr;
  std::call_once(made_, [&] {
    isal_huff_histogram histogram{};
    const std::string_view sample = text.substr(0, std::numeric_limits<int>::max());
    isal_update_histogram(reinterpret_cast<uint8_t*>(const_cast<char*>(sample.data())), static_cast<int>(sample.size()),
                          &histogram);
    auto tables = std::make_unique<isal_hufftables>();
    if (isal_create_hufftables(tables.get(), &histogram) == 0) tables_ = std::move(tables);
  });
  return tables_.get();
}

std::string Gzip(std::string_view data, GzipCodes* codes) {
  static IdleCompressors idle;
  std::unique_ptr<Compressor> compressor = idle.Take();
  isal_zstream& stream = compressor->stream;
  isal_deflate_init(&stream);
  stream.avail_in = 0;  // which it leaves as it finds it
  stream.gzip_flag = IGZIP_GZIP;
  const isal_hufftables* const tables = codes != nullptr ? codes->For(data) : nullptr;
  if (tables != nullptr) {
    isal_deflate_set_hufftables(&stream, const_cast<isal_hufftables*>(tables), IGZIP_HUFFTABLE_CUSTOM);
  } else {
    stream.level = 1;
    stream.level_buf = compressor->tables.data();
    stream.level_buf_size = static_cast<uint32_t>(compressor->tables.size());
  }
  // The library counts in 32 bits; of a page a quarter is room enough, of what does not compress it is not.
  constexpr size_t kMaxPieceBytes = std::numeric_limits<uint32_t>::max() / 2;
  std::string compressed(data.size() / 4 + 1024, '\0');
  size_t written = 0;
  do {
    if (stream.avail_in == 0) {
      const std::string_view piece = data.substr(0, kMaxPieceBytes);
      data.remove_prefix(piece.size());
      stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(piece.data()));
      stream.avail_in = static_cast<uint32_t>(piece.size());
      stream.end_of_stream = data.empty() ? 1 : 0;
    }
    if (written == compressed.size()) compressed.resize(compressed.size() * 2);
    const size_t room = std::min(compressed.size() - written, kMaxPieceBytes);
    stream.next_out = reinterpret_cast<uint8_t*>(compressed.data()) + written;
    stream.avail_out = static_cast<uint32_t>(room);
    if (isal_deflate(&stream) != COMP_OK) throw std::runtime_error("gzip: the compressor failed");
    written += room - stream.avail_out;
  } while (stream.internal_state.state != ZSTATE_END);
  compressed.resize(written);
  idle.GiveBack(std::move(compressor));
  return compressed;
}

void Compress(const Request& request, Response& response, GzipCodes* codes) {
  const std::pair<std::string, std::string> vary("Vary", "Accept-Encoding");
  const auto says_so = [&](const auto& header) { return header == vary; };
  if (!IsCompressible(response.content_type) || std::ranges::any_of(response.headers, says_so)) return;
  response.headers.push_back(vary);
  if (response.body.size() < kMinGzipBytes || !Accepts(request.Header("accept-encoding"), "gzip")) return;
  response.body = Gzip(response.body, codes);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace tidemark::http
