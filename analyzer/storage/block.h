#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/storage/chunk.h"
#include "common/file.h"

namespace tidemark::storage {

// A block: the samples of many series over some hours, immutable, in one file.
//
//   file   = "TMBLK002", (chunk, checksum of id and chunk (4 bytes))*, zeros up to a multiple of 8, entry*, footer
//   entry  = BlockEntry as it is in memory (24 bytes); by id, and those of one id by time; the last is no chunk's: its
//            offset is where the chunks end
//   footer = BlockFooter as it is in memory, ended by "TMBLKEND"
//
// Chunks stand in the order of their entries, so one ends where the next entry's begins. Blocks are written beside
// their place, synced and renamed, so what has a block's name is whole. Each chunk is checked when it is read: a
// damaged one costs its samples only. Two blocks may hold samples of one series at the same time only when a crash came
// between writing one and deleting those it replaces; a reader takes what is later than what it has.

struct BlockEntry {
  uint32_t id = 0;
  uint32_t offset = 0;      ///< of the chunk in the file
  int64_t min_time_ms = 0;  ///< of its first and last sample
  int64_t max_time_ms = 0;
};

struct BlockFooter {
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  uint64_t sample_count = 0;
  uint32_t entry_count = 0;
  uint32_t entries_offset = 0;
  uint32_t checksum = 0;  ///< of the entries and the fields above
  uint32_t reserved = 0;
  char magic[8] = {};
};

/// A block that is open for reading: a mapped file, or memory when it could not be written. Any thread may read.
class Block {
 public:
  /// \throw std::runtime_error when the file cannot be read or is no sound block.
  static std::shared_ptr<const Block> OpenFile(const std::string& path);
  /// The same content, not on disk. \throw std::runtime_error
  static std::shared_ptr<const Block> FromMemory(std::string content);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  [[nodiscard]] int64_t min_time_ms() const { return footer_.min_time_ms; }
  [[nodiscard]] int64_t max_time_ms() const { return footer_.max_time_ms; }
  [[nodiscard]] uint64_t sample_count() const { return footer_.sample_count; }
  [[nodiscard]] uint64_t bytes() const { return content_.size(); }
  /// Empty: it is in memory.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string_view content() const { return content_; }
  [[nodiscard]] std::span<const BlockEntry> entries() const { return entries_; }
  /// Those of one series, by time.
  [[nodiscard]] std::span<const BlockEntry> Find(uint32_t id) const;

  /// Decodes an entry's chunk. False when it is damaged.
  bool Read(const BlockEntry& entry, ChunkColumns& out) const;

  /// Takes what was read of the file out of resident memory; it stays in the system's cache as long as there is room.
  void ReleasePages() const;

  /// Damaged chunks met so far; one that is read twice counts twice.
  [[nodiscard]] uint64_t damaged_chunks() const { return damaged_chunks_; }

 private:
  Block() = default;
  using Place = std::span<const BlockEntry>::iterator;

  void ReadFooter(const std::string& name);
  /// Where another series' entries begin.
  [[nodiscard]] Place EndOf(Place begin, uint32_t id) const;
  void PrefetchNewest(const BlockEntry& entry) const;
  /// The bytes of an entry's chunk, checked; empty when they are damaged, which is counted.
  [[nodiscard]] std::string_view ChunkOf(const BlockEntry& entry) const;

  std::string path_;
  std::string memory_;
  std::string_view content_;
  std::span<const BlockEntry> entries_;
  BlockFooter footer_;
  mutable std::atomic<size_t> next_place_ = 0;  ///< of the series after the one that was found last
  mutable std::atomic<uint64_t> damaged_chunks_ = 0;
};

/// The checksum of a chunk in a block.
uint32_t ChunkChecksum(uint32_t id, std::string_view chunk);

inline constexpr std::string_view kBlockMagic = "TMBLK002";
inline constexpr std::string_view kBlockEndMagic = "TMBLKEND";

}  // namespace tidemark::storage
