#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analyzer/storage/block.h"
#include "analyzer/storage/sample.h"

namespace tidemark::storage {

/// Writes one block (block.h): Add for each series by rising id, then Finish. A file comes into its place whole or not
/// at all: without Finish nothing is left of it. Not thread-safe.
class BlockWriter {
 public:
  /// To a file, by way of `path`.new; with an empty path to memory. \throw std::runtime_error
  explicit BlockWriter(std::string path);
  ~BlockWriter();
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;

  /// Samples of one series, rising in time. \throw std::runtime_error when the disk refuses.
  void Add(uint32_t id, std::span<const Sample> samples);
  [[nodiscard]] bool empty() const { return sample_count_ == 0; }
  /// Bytes so far.
  [[nodiscard]] uint64_t bytes() const { return written_bytes_ + buffer_.size(); }

  /// Ends a block that has samples, and opens it. \throw std::runtime_error
  std::shared_ptr<const Block> Finish();

  /// Past this size a block should be finished and another begun: offsets in it have 32 bits.
  static constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

 private:
  void WriteOut();

  const std::string path_;
  UniqueFd fd_;
  std::string buffer_;
  uint64_t written_bytes_ = 0;
  uint64_t sample_count_ = 0;
  int64_t min_time_ms_ = 0;
  int64_t max_time_ms_ = 0;
  std::vector<BlockEntry> entries_;
};

}  // namespace tidemark::storage
