#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analyzer/storage/storage.h"
#include "common/file.h"
#include "common/log.h"

namespace tidemark::storage {

// The write-ahead log: what was appended, so that it is there again after a crash.
//
//   <directory>/00000001.wal, 00000002.wal, …      each covers about an hour
//   segment  = "TMWAL001" record*
//   record   = length (4 bytes, little-endian), CRC-32C of the payload (4 bytes), payload
//   payload  = 1, varint series, varint label count, (varint length, bytes) for each name and value
//            | 2, zigzag base time, varint sample count, (varint series, zigzag time - base, 8 bytes value) for each
//
// A segment names every series before its first sample in it, so it can be read alone, and old segments are dropped by
// deleting their files. Each Log call is one write(2): a killed process loses nothing that was acknowledged; Sync
// bounds what a power cut loses. A torn or damaged record ends the reading of its segment; the next segment goes on.
// Not thread-safe.
class WriteAheadLog {
 public:
  /// Opens a new segment in `directory`, which is made when missing. \throw std::runtime_error
  WriteAheadLog(std::string directory, const Logger& logger);

  /// Reads all segments there are, oldest first. `on_samples` gets the samples of one record.
  using OnSamples = std::function<void(std::span<Write> writes)>;
  static void Replay(const std::string& directory, const Logger& logger, const OnSamples& on_samples);

  /// Writes one batch. False when the disk refused; the batch is then not in the log, and the log stays readable.
  bool Log(std::span<const Write> writes);
  void Sync() const;
  /// Another descriptor of the current segment (empty when there is none), to be synced without holding up Log.
  [[nodiscard]] UniqueFd Duplicate() const;
  /// Starts a new segment when the current one has been open for an hour or has grown large.
  void RotateIfDue(int64_t now_ms);
  /// Deletes closed segments whose newest sample is older than `before_ms`.
  void DropBefore(int64_t before_ms);

  /// Bytes of all segments.
  [[nodiscard]] uint64_t TotalBytes() const;

 private:
  struct Segment {
    std::string path;
    int64_t newest_ms;
    uint64_t bytes;
  };

  void OpenSegment();
  [[nodiscard]] std::string SegmentPath(uint64_t number) const;

  const std::string directory_;
  const Logger& logger_;
  UniqueFd fd_;
  uint64_t number_ = 0;
  uint64_t written_bytes_ = 0;
  int64_t opened_ms_ = 0;
  int64_t newest_ms_ = kMinTime;
  bool failing_ = false;
  std::unordered_set<SeriesRef> named_series_;
  std::vector<Segment> closed_;
  std::string buffer_;
};

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
uint32_t Crc32c(std::string_view data);

}  // namespace tidemark::storage
