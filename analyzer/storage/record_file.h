#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/file.h"

namespace tidemark::storage {

// A file that only grows: eight bytes that name its format, then records.
//
//   record = length of the payload (4 bytes), checksum of the payload (4 bytes), payload
//
// A process that is killed, or a machine that loses power, leaves at most a torn last record; reading stops there.

inline constexpr size_t kMagicBytes = 8;
inline constexpr size_t kRecordHeaderBytes = 8;

/// Fills in the header at `header_at`, whose payload reaches to the end of `out`.
void SealRecord(std::string& out, size_t header_at);

/// Appends a record around the payload that `write_payload(out)` adds to `out`.
template <typename F>
void AppendRecord(std::string& out, F&& write_payload) {
  const size_t header_at = out.size();
  out.append(kRecordHeaderBytes, '\0');
  write_payload(out);
  SealRecord(out, header_at);
}

/// Reads the records of a file's content, one after the other.
class RecordReader {
 public:
  RecordReader(std::string_view content, std::string_view magic);

  /// The next payload; false at the end, or at a record that is torn or damaged.
  bool Next(std::string_view& payload);
  /// Bytes up to which the file is sound.
  [[nodiscard]] size_t sound_bytes() const { return sound_bytes_; }

 private:
  std::string_view content_;
  size_t sound_bytes_ = 0;
};

/// Writes records to the end of a file. A write that the disk refuses in part is taken back, so that what comes after
/// it can be read. Not thread-safe.
class RecordWriter {
 public:
  /// Makes the file with its magic, or opens it to go on after `sound_bytes` (what is behind them is cut off).
  /// Empty (operator bool) when that fails, with errno set.
  RecordWriter() = default;
  RecordWriter(const std::string& path, std::string_view magic, uint64_t sound_bytes);

  explicit operator bool() const { return static_cast<bool>(fd_); }
  /// Whole or not at all; false with errno set. After a failure that could not be taken back the writer is empty.
  bool Write(std::string_view records);
  /// Another descriptor of the file, to be synced without holding up Write; empty when there is none.
  [[nodiscard]] UniqueFd Duplicate() const;
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  UniqueFd fd_;
  uint64_t bytes_ = 0;
};

}  // namespace tidemark::storage
