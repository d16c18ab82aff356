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

/// The library's state and its tables: some 170 KB, which would be filled with zeros by the kernel at each page.
struct Compressor {
  isal_zstream stream;
  std::array<uint8_t, ISAL_DEF_LVL1_SMALL> tables;
};

namespace {

/// Those that no page is compressed by now: some, not one a thread or a slow client.
class IdleCompressors {
 public:
  IdleCompressors() { idle_.reserve(kMost); }

  static IdleCompressors& All() {
    static IdleCompressors all;
    return all;
  }

  std::unique_ptr<Compressor> Take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique_for_overwrite<Compressor>();
    std::unique_ptr<Compressor> compressor = std::move(idle_.back());
    idle_.pop_back();
    return compressor;
  }
  void GiveBack(std::unique_ptr<Compressor> compressor) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMost) idle_.push_back(std::move(compressor));
  }

 private:
  static constexpr size_t kMost = 8;

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

void CompressPieces(Response& response) {
  const auto stream = std::make_shared<GzipStream>();
  std::string compressed;
  stream->Append(response.body, false, compressed);
  response.body = std::move(compressed);
  response.rest = [stream, plain = std::move(response.rest)](std::string& out) {
    std::string piece;
    const bool has_more = plain(piece);
    stream->Append(piece, !has_more, out);
    return has_more;
  };
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

GzipStream::GzipStream(const isal_hufftables* tables) : compressor_(IdleCompressors::All().Take()) {
  isal_zstream& stream = compressor_->stream;
  isal_deflate_init(&stream);
  stream.avail_in = 0;  // which it leaves as it finds it
  stream.gzip_flag = IGZIP_GZIP;
  if (tables != nullptr) {
    isal_deflate_set_hufftables(&stream, const_cast<isal_hufftables*>(tables), IGZIP_HUFFTABLE_CUSTOM);
  } else {
    stream.level = 1;
    stream.level_buf = compressor_->tables.data();
    stream.level_buf_size = static_cast<uint32_t>(compressor_->tables.size());
  }
}

GzipStream::~GzipStream() { IdleCompressors::All().GiveBack(std::move(compressor_)); }

void GzipStream::Append(std::string_view piece, bool is_last, std::string& out) {
  // The library counts in 32 bits; of a page a quarter is room enough, of what does not compress it is not.
  constexpr size_t kMaxBytes = std::numeric_limits<uint32_t>::max() / 2;
  isal_zstream& stream = compressor_->stream;
  size_t written = out.size();
  out.resize(written + piece.size() / 4 + 1024);
  bool has_all = false;
  do {
    if (stream.avail_in == 0) {
      const std::string_view part = piece.substr(0, kMaxBytes);
      piece.remove_prefix(part.size());
      stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(part.data()));
      stream.avail_in = static_cast<uint32_t>(part.size());
      stream.end_of_stream = is_last && piece.empty() ? 1 : 0;
    }
    if (written == out.size()) out.resize(out.size() * 2);
    const size_t room = std::min(out.size() - written, kMaxBytes);
    stream.next_out = reinterpret_cast<uint8_t*>(out.data()) + written;
    stream.avail_out = static_cast<uint32_t>(room);
    if (isal_deflate(&stream) != COMP_OK) throw std::runtime_error("gzip: the compressor failed");
    written += room - stream.avail_out;
    has_all = stream.avail_in == 0 && piece.empty() && stream.avail_out > 0;
  } while (is_last ? stream.internal_state.state != ZSTATE_END : !has_all);
  out.resize(written);
}

std::string Gzip(std::string_view data, GzipCodes* codes) {
  GzipStream stream(codes != nullptr ? codes->For(data) : nullptr);
  std::string compressed;
  stream.Append(data, true, compressed);
  return compressed;
}

void Compress(const Request& request, Response& response, GzipCodes* codes) {
  const std::pair<std::string, std::string> vary("Vary", "Accept-Encoding");
  const auto says_so = [&](const auto& header) { return header == vary; };
  // Who listens for events wants each at once.
  if (!response.event_channel.empty()) return;
  if (!IsCompressible(response.content_type) || std::ranges::any_of(response.headers, says_so)) return;
  response.headers.push_back(vary);
  const bool is_short = response.body.size() < kMinGzipBytes && !response.rest;
  if (is_short || !Accepts(request.Header("accept-encoding"), "gzip")) return;
  if (response.rest) {
    CompressPieces(response);
  } else {
    response.body = Gzip(response.body, codes);
  }
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace tidemark::http
