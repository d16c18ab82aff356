#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analyzer/storage/record_file.h"
#include "analyzer/storage/sample.h"
#include "analyzer/storage/series_table.h"
#include "common/log.h"

namespace tidemark::storage {

// The write-ahead log: samples that are in no block yet, so that they are there again after a crash.
//
//   <directory>/wal/00000001.wal, 00000002.wal, …  = "TMWAL002" record*      (record_file.h)
//   payload = zigzag varint time, sample*
//   sample  = varint (zigzag of the series id's difference to that of the sample before) * 2 + has its own time,
//             [zigzag varint difference to the payload's time], value code (open_chunk.h)
//
// A value code is taken against the series' last value in the same segment, or against 0 for its first one, so a
// segment can be read alone. One record is one batch, written by one write(2): a killed process loses nothing that was
// acknowledged; syncing bounds what a power cut loses. A torn or damaged record ends the reading of its segment; the
// next segment goes on. Segments whose samples are all in blocks are deleted.
//
// Not thread-safe.
class WriteAheadLog {
 public:
  using OnSample = std::function<void(uint32_t id, Sample sample)>;

  /// Reads all segments, oldest first, and starts a new one. Returns through `torn_segments` how many ended early.
  /// \throw std::runtime_error when the directory cannot be used.
  WriteAheadLog(std::string directory, const Logger& logger, const OnSample& on_sample, uint64_t& torn_segments);

  /// Adds a sample to the batch. Call before the sample goes to the series.
  void Add(HeadSeries& series, Sample sample);
  /// Writes the batch. False when the disk refused; the batch is then not in the log, which goes on in a new segment.
  bool Commit();
  /// Forgets the batch. What follows goes to a new segment.
  void Discard();

  /// Starts a new segment and returns its number: samples committed before are in older ones. 0 when that fails.
  uint32_t Rotate();
  /// Deletes the segments older than `number`.
  void DropBefore(uint32_t number);

  [[nodiscard]] UniqueFd Duplicate() const { return writer_.Duplicate(); }
  /// Bytes of all segments.
  [[nodiscard]] uint64_t TotalBytes() const { return closed_bytes_ + writer_.bytes(); }
  /// Paths of the segments, oldest first.
  [[nodiscard]] std::vector<std::string> Segments() const;

 private:
  [[nodiscard]] std::string SegmentPath(uint32_t number) const;

  const std::string directory_;
  const Logger& logger_;
  RecordWriter writer_;
  uint32_t number_ = 0;
  uint32_t oldest_number_ = 1;
  uint64_t closed_bytes_ = 0;
  bool began_segment_ = false;
  bool failing_ = false;

  ByteBuffer batch_;  // samples of the record that Commit writes
  int64_t batch_time_ms_ = 0;
  uint32_t batch_last_id_ = 0;
  std::string record_;
};

/// Decodes a segment's content. Returns the bytes up to which it was sound.
size_t ReadWalSegment(std::string_view content, const WriteAheadLog::OnSample& on_sample);

}  // namespace tidemark::storage
