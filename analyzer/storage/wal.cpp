#include "analyzer/storage/wal.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <unordered_map>

#include "analyzer/storage/durable_file.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

constexpr std::string_view kMagic = "TMWAL002";
constexpr std::string_view kSuffix = ".wal";
constexpr size_t kMaxSegmentBytes = size_t{4} << 30;

/// Segments in `directory` by number.
std::map<uint32_t, std::filesystem::path> ListSegments(const std::string& directory) {
  std::map<uint32_t, std::filesystem::path> segments;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string stem = entry.path().stem();
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (entry.path().extension() == kSuffix && error == std::errc() && end == stem.data() + stem.size() && number > 0)
      segments.emplace(number, entry.path());
  }
  return segments;
}

/// False when the payload is malformed; the samples before that place were read.
bool ReadBatch(std::string_view payload, std::unordered_map<uint32_t, uint64_t>& last_bits,
               const WriteAheadLog::OnSample& on_sample) {
  int64_t batch_time_ms = 0;
  if (!ReadZigzag(payload, batch_time_ms)) return false;
  int64_t id = 0;
  while (!payload.empty()) {
    uint64_t code = 0;
    int64_t offset_ms = 0;
    if (!ReadVarint(payload, code) || ((code & 1) != 0 && !ReadZigzag(payload, offset_ms))) return false;
    id = WrappingAdd(id, ZigzagDecode(code >> 1));
    if (id <= 0 || id >= IdTable::kNone) return false;
    uint64_t& bits = last_bits[static_cast<uint32_t>(id)];
    if (!ReadValueCode(payload, bits, bits)) return false;
    on_sample(static_cast<uint32_t>(id), {WrappingAdd(batch_time_ms, offset_ms), std::bit_cast<double>(bits)});
  }
  return true;
}

}  // namespace

size_t ReadWalSegment(std::string_view content, const WriteAheadLog::OnSample& on_sample) {
  RecordReader reader(content, kMagic);
  std::unordered_map<uint32_t, uint64_t> last_bits;
  std::string_view payload;
  size_t sound_bytes = reader.sound_bytes();
  while (reader.Next(payload) && ReadBatch(payload, last_bits, on_sample)) sound_bytes = reader.sound_bytes();
  return sound_bytes;
}

WriteAheadLog::WriteAheadLog(std::string directory, const Logger& logger, const OnSample& on_sample,
                             uint64_t& torn_segments)
    : directory_(std::move(directory)), logger_(logger) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) throw std::runtime_error("cannot create " + directory_ + ": " + error.message());
  const auto segments = ListSegments(directory_);
  for (const auto& [number, path] : segments) {
    std::string content;
    if (const int error_number = ReadFile(path.string(), kMaxSegmentBytes, content); error_number != 0) {
      logger_.Error("cannot read a log segment; its samples are missing",
                    {{"path", path.string()}, {"err", ErrnoText(error_number)}});
      continue;
    }
    const size_t sound_bytes = ReadWalSegment(content, on_sample);
    // A segment that was made just before a crash may be empty.
    if (sound_bytes < content.size()) {
      ++torn_segments;
      logger_.Warn("log segment ends in a torn record, read up to it", {{"path", path.string()},
                                                                        {"offset", std::to_string(sound_bytes)},
                                                                        {"bytes", std::to_string(content.size())}});
    }
    closed_bytes_ += content.size();
  }
  number_ = segments.empty() ? 0 : segments.rbegin()->first;
  oldest_number_ = segments.empty() ? 1 : segments.begin()->first;
  if (Rotate() == 0) throw std::runtime_error("cannot write to " + directory_ + ": " + ErrnoText(errno));
}

std::string WriteAheadLog::SegmentPath(uint32_t number) const {
  return JoinPath(directory_, NumberedName(number, kSuffix));
}

std::vector<std::string> WriteAheadLog::Segments() const {
  std::vector<std::string> paths;
  for (const auto& [number, path] : ListSegments(directory_)) paths.push_back(path.string());
  return paths;
}

uint32_t WriteAheadLog::Rotate() {
  if (began_segment_ && writer_.bytes() <= kMagicBytes) {
    // Nothing is in the segment that this process began: a disk that refuses for hours must not be left full of empty
    // files.
    ::unlink(SegmentPath(number_).c_str());
  } else {
    closed_bytes_ += writer_.bytes();
  }
  ++number_;
  writer_ = RecordWriter(SegmentPath(number_), kMagic, 0);
  began_segment_ = true;
  return writer_ ? number_ : 0;
}

void WriteAheadLog::DropBefore(uint32_t number) {
  for (; oldest_number_ < std::min(number, number_); ++oldest_number_) {
    const std::string path = SegmentPath(oldest_number_);
    std::error_code error;
    const uint64_t bytes = std::filesystem::file_size(path, error);
    if (::unlink(path.c_str()) == 0 && !error) closed_bytes_ -= std::min(bytes, closed_bytes_);
  }
}

void WriteAheadLog::Add(HeadSeries& series, Sample sample) {
  if (batch_.empty()) {
    batch_time_ms_ = sample.timestamp_ms;
    batch_last_id_ = 0;
  }
  const bool own_time = sample.timestamp_ms != batch_time_ms_;
  const int64_t id_difference = static_cast<int64_t>(series.id) - static_cast<int64_t>(batch_last_id_);
  char* out = batch_.Room(2 * kMaxVarintBytes + kValueCodeRoom);
  out = WriteVarint(out, ZigzagEncode(id_difference) << 1 | (own_time ? 1U : 0U));
  if (own_time) out = WriteVarint(out, ZigzagEncode(WrappingSubtract(sample.timestamp_ms, batch_time_ms_)));
  const uint64_t before = series.log_segment == number_ ? series.open.last_bits() : 0;
  batch_.Advance(WriteValueCode(out, before, std::bit_cast<uint64_t>(sample.value)));
  series.log_segment = number_;
  batch_last_id_ = series.id;
}

void WriteAheadLog::Discard() {
  batch_.clear();
  // Values of later samples refer to those of the batch: a new segment begins without them.
  Rotate();
}

bool WriteAheadLog::Commit() {
  if (batch_.empty()) return true;
  record_.clear();
  AppendRecord(record_, [&](std::string& out) {
    AppendZigzag(out, batch_time_ms_);
    out += batch_.view();
  });
  batch_.clear();
  // A batch that is unusually large must not keep its memory for ever.
  constexpr size_t kKeptBytes = size_t{1} << 20;
  if (batch_.allocated_bytes() > kKeptBytes) batch_.shrink_to_fit();
  const bool ok = writer_.Write(record_);
  if (record_.capacity() > kKeptBytes) std::string().swap(record_);
  if (!ok) {
    if (!failing_) {
      logger_.Error("cannot write the log; samples stay in memory only until it can be written",
                    {{"path", SegmentPath(number_)}, {"err", ErrnoText(errno)}});
    }
    Discard();
  } else if (failing_) {
    logger_.Info("the log is written again", {{"path", SegmentPath(number_)}});
  }
  failing_ = !ok;
  return ok;
}

}  // namespace tidemark::storage
