#include "analyzer/storage/wal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <unordered_map>

#include "analyzer/storage/chunk.h"

namespace tidemark::storage {
namespace {

constexpr std::string_view kMagic = "TMWAL001";
constexpr size_t kRecordHeaderBytes = 8;
constexpr char kSeriesRecord = 1;
constexpr char kSamplesRecord = 2;
constexpr int64_t kSegmentMs = 3'600'000;
constexpr uint64_t kMaxSegmentBytes = uint64_t{64} << 20;
constexpr uint64_t kMaxReadBytes = uint64_t{1} << 30;
constexpr std::string_view kSuffix = ".wal";

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  constexpr uint32_t kReversedPolynomial = 0x82F63B78;
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
    table[i] = crc;
  }
  return table;
}

/// Appends a record around the payload that `write_payload` adds.
template <typename F>
void AppendRecord(std::string& out, F&& write_payload) {
  const size_t header_at = out.size();
  out.append(kRecordHeaderBytes, '\0');
  write_payload(out);
  const std::string_view payload = std::string_view(out).substr(header_at + kRecordHeaderBytes);
  const auto length = static_cast<uint32_t>(payload.size());
  const uint32_t crc = Crc32c(payload);
  std::memcpy(out.data() + header_at, &length, sizeof(length));
  std::memcpy(out.data() + header_at + 4, &crc, sizeof(crc));
}

void AppendText(std::string& out, std::string_view text) {
  AppendVarint(out, text.size());
  out += text;
}

bool ReadText(std::string_view& in, std::string& text) {
  uint64_t length = 0;
  if (!ReadVarint(in, length) || length > in.size()) return false;
  text = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

bool ReadSeries(std::string_view payload, std::unordered_map<uint64_t, Labels>& series) {
  uint64_t ref = 0;
  uint64_t count = 0;
  if (!ReadVarint(payload, ref) || !ReadVarint(payload, count) || count > payload.size()) return false;
  std::vector<Labels::Pair> pairs(count);
  for (auto& [name, value] : pairs) {
    if (!ReadText(payload, name) || !ReadText(payload, value)) return false;
  }
  series[ref] = Labels(std::move(pairs));
  return true;
}

bool ReadSamples(std::string_view payload, const std::unordered_map<uint64_t, Labels>& series,
                 std::vector<Write>& writes) {
  int64_t base_ms = 0;
  uint64_t count = 0;
  if (!ReadZigzag(payload, base_ms) || !ReadVarint(payload, count) || count > payload.size()) return false;
  writes.clear();
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t ref = 0;
    int64_t offset_ms = 0;
    uint64_t bits = 0;
    if (!ReadVarint(payload, ref) || !ReadZigzag(payload, offset_ms) || payload.size() < sizeof(bits)) return false;
    std::memcpy(&bits, payload.data(), sizeof(bits));
    payload.remove_prefix(sizeof(bits));
    const auto known = series.find(ref);
    if (known == series.end()) return false;
    const auto time = static_cast<int64_t>(static_cast<uint64_t>(base_ms) + static_cast<uint64_t>(offset_ms));
    writes.push_back({.ref = 0, .labels = known->second, .sample = {time, std::bit_cast<double>(bits)}});
  }
  return true;
}

/// Segment files in `directory`, oldest first.
std::vector<std::filesystem::path> ListSegments(const std::string& directory) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == kSuffix) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

/// Reads one segment; returns the offset up to which it was sound.
size_t ReadSegment(std::string_view content, const WriteAheadLog::OnSamples& on_samples) {
  if (!content.starts_with(kMagic)) return 0;
  std::unordered_map<uint64_t, Labels> series;
  std::vector<Write> writes;
  size_t at = kMagic.size();
  while (content.size() - at >= kRecordHeaderBytes) {
    uint32_t length = 0;
    uint32_t crc = 0;
    std::memcpy(&length, content.data() + at, sizeof(length));
    std::memcpy(&crc, content.data() + at + 4, sizeof(crc));
    if (length == 0 || length > content.size() - at - kRecordHeaderBytes) break;
    const std::string_view payload = content.substr(at + kRecordHeaderBytes, length);
    if (Crc32c(payload) != crc) break;
    const std::string_view body = payload.substr(1);
    if (payload.front() == kSeriesRecord) {
      if (!ReadSeries(body, series)) break;
    } else if (payload.front() == kSamplesRecord) {
      if (!ReadSamples(body, series, writes)) break;
      on_samples(writes);
    } else {
      break;
    }
    at += kRecordHeaderBytes + length;
  }
  return at;
}

}  // namespace

uint32_t Crc32c(std::string_view data) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = ~uint32_t{0};
  for (const char c : data) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xFF];
  return ~crc;
}

void WriteAheadLog::Replay(const std::string& directory, const Logger& logger, const OnSamples& on_samples) {
  for (const std::filesystem::path& path : ListSegments(directory)) {
    std::string content;
    if (const int error_number = ReadFile(path.string(), kMaxReadBytes, content); error_number != 0) {
      logger.Error("cannot read a log segment; its samples are missing",
                   {{"path", path.string()}, {"err", ErrnoText(error_number)}});
      continue;
    }
    const size_t sound_bytes = ReadSegment(content, on_samples);
    if (sound_bytes < content.size()) {
      logger.Warn("log segment ends in a torn record, read up to it", {{"path", path.string()},
                                                                       {"offset", std::to_string(sound_bytes)},
                                                                       {"bytes", std::to_string(content.size())}});
    }
  }
}

WriteAheadLog::WriteAheadLog(std::string directory, const Logger& logger)
    : directory_(std::move(directory)), logger_(logger) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) throw std::runtime_error("cannot create " + directory_ + ": " + error.message());
  for (const std::filesystem::path& path : ListSegments(directory_)) {
    number_ = std::max<uint64_t>(number_, std::strtoull(path.stem().c_str(), nullptr, 10));
    std::error_code ignored;
    // The newest sample of an old segment is not known without reading it: the file's last write is never before it.
    const auto age = std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(path, ignored);
    const auto written = std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::milliseconds>(age);
    const auto written_ms = std::chrono::duration_cast<std::chrono::milliseconds>(written.time_since_epoch()).count();
    closed_.push_back({path.string(), written_ms, std::filesystem::file_size(path, ignored)});
  }
  OpenSegment();
  if (!fd_) throw std::runtime_error("cannot write to " + directory_ + ": " + ErrnoText(errno));
}

std::string WriteAheadLog::SegmentPath(uint64_t number) const {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 8 ? 8 - digits.size() : 0, '0');
  return JoinPath(directory_, digits.append(kSuffix));
}

void WriteAheadLog::OpenSegment() {
  if (fd_) closed_.push_back({SegmentPath(number_), newest_ms_, written_bytes_});
  ++number_;
  fd_ = UniqueFd(::open(SegmentPath(number_).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  written_bytes_ = 0;
  opened_ms_ = 0;
  newest_ms_ = kMinTime;
  named_series_.clear();
}

bool WriteAheadLog::Log(std::span<const Write> writes) {
  if (writes.empty()) return true;
  if (!fd_) OpenSegment();
  buffer_.clear();
  if (written_bytes_ == 0) buffer_ += kMagic;
  std::vector<SeriesRef> newly_named;
  for (const Write& write : writes) {
    if (!named_series_.insert(write.ref).second) continue;
    newly_named.push_back(write.ref);
    AppendRecord(buffer_, [&](std::string& out) {
      out += kSeriesRecord;
      AppendVarint(out, write.ref);
      AppendVarint(out, write.labels.size());
      for (const auto& [name, value] : write.labels) {
        AppendText(out, name);
        AppendText(out, value);
      }
    });
  }
  int64_t newest_ms = newest_ms_;
  AppendRecord(buffer_, [&](std::string& out) {
    const int64_t base_ms = writes.front().sample.timestamp_ms;
    out += kSamplesRecord;
    AppendZigzag(out, base_ms);
    AppendVarint(out, writes.size());
    for (const Write& write : writes) {
      AppendVarint(out, write.ref);
      AppendZigzag(
          out, static_cast<int64_t>(static_cast<uint64_t>(write.sample.timestamp_ms) - static_cast<uint64_t>(base_ms)));
      const uint64_t bits = std::bit_cast<uint64_t>(write.sample.value);
      out.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
      newest_ms = std::max(newest_ms, write.sample.timestamp_ms);
    }
  });
  const ssize_t written = fd_ ? ::write(fd_.get(), buffer_.data(), buffer_.size()) : -1;
  const bool ok = written == static_cast<ssize_t>(buffer_.size());
  if (!ok) {
    if (!failing_)
      logger_.Error("cannot write the log; samples stay in memory only",
                    {{"path", SegmentPath(number_)}, {"err", ErrnoText(errno)}});
    for (const SeriesRef ref : newly_named) named_series_.erase(ref);
    // Part of a record may be in the file: what comes after it could not be read, so it must go.
    if (fd_ && written > 0 && ::ftruncate(fd_.get(), static_cast<off_t>(written_bytes_)) == 0) {
      ::lseek(fd_.get(), static_cast<off_t>(written_bytes_), SEEK_SET);
    }
  } else {
    written_bytes_ += buffer_.size();
    newest_ms_ = newest_ms;
    if (failing_) logger_.Info("log is written again", {{"path", SegmentPath(number_)}});
  }
  failing_ = !ok;
  return ok;
}

void WriteAheadLog::Sync() const {
  if (fd_) ::fdatasync(fd_.get());
}

UniqueFd WriteAheadLog::Duplicate() const { return UniqueFd(fd_ ? ::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0) : -1); }

void WriteAheadLog::RotateIfDue(int64_t now_ms) {
  if (opened_ms_ == 0) opened_ms_ = now_ms;
  if (written_bytes_ > 0 && (now_ms - opened_ms_ >= kSegmentMs || written_bytes_ >= kMaxSegmentBytes)) OpenSegment();
}

void WriteAheadLog::DropBefore(int64_t before_ms) {
  std::erase_if(closed_, [&](const Segment& segment) {
    if (segment.newest_ms >= before_ms) return false;
    return ::unlink(segment.path.c_str()) == 0 || errno == ENOENT;
  });
}

uint64_t WriteAheadLog::TotalBytes() const {
  uint64_t total = written_bytes_;
  for (const Segment& segment : closed_) total += segment.bytes;
  return total;
}

}  // namespace tidemark::storage
