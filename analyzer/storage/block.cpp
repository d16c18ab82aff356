#include "analyzer/storage/block.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "analyzer/storage/varint.h"

namespace tidemark::storage {

uint32_t ChunkChecksum(uint32_t id, std::string_view chunk) { return Checksum(chunk) ^ (id * 0x9E3779B1U); }

Block::~Block() {
  if (memory_.empty() && !content_.empty()) ::munmap(const_cast<char*>(content_.data()), content_.size());
}

std::shared_ptr<const Block> Block::OpenFile(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0)
    throw std::runtime_error("cannot open " + path + ": " + ErrnoText(errno));
  const auto size = static_cast<size_t>(status.st_size);
  if (size < kBlockMagic.size() + sizeof(BlockFooter)) throw std::runtime_error(path + " is too short for a block");
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + path + ": " + ErrnoText(errno));
  const std::shared_ptr<Block> block(new Block);
  block->path_ = path;
  block->content_ = {static_cast<const char*>(mapped), size};
  block->ReadFooter(path);
  return block;
}

void Block::ReleasePages() const {
  if (!path_.empty()) ::madvise(const_cast<char*>(content_.data()), content_.size(), MADV_DONTNEED);
}

std::shared_ptr<const Block> Block::FromMemory(std::string content) {
  const std::shared_ptr<Block> block(new Block);
  block->memory_ = std::move(content);
  block->content_ = block->memory_;
  block->ReadFooter("block in memory");
  return block;
}

void Block::ReadFooter(const std::string& name) {
  const auto fail = [&](const char* what) { throw std::runtime_error(name + " is damaged: " + what); };
  if (!content_.starts_with(kBlockMagic)) fail("it does not begin as a block");
  std::memcpy(&footer_, content_.data() + content_.size() - sizeof(footer_), sizeof(footer_));
  if (std::string_view(footer_.magic, sizeof(footer_.magic)) != kBlockEndMagic) fail("it does not end as a block");
  const size_t entries_bytes = size_t{footer_.entry_count} * sizeof(BlockEntry);
  if (footer_.entries_offset % alignof(BlockEntry) != 0 || footer_.entries_offset < kBlockMagic.size() ||
      footer_.entries_offset + entries_bytes + sizeof(footer_) != content_.size()) {
    fail("its index has an impossible place");
  }
  std::string_view checked = content_.substr(footer_.entries_offset);
  checked.remove_suffix(sizeof(footer_) - offsetof(BlockFooter, checksum));
  if (Checksum(checked) != footer_.checksum) fail("its index does not have its checksum");
  if (footer_.entry_count == 0) fail("it has no end of chunks");
  entries_ = {reinterpret_cast<const BlockEntry*>(content_.data() + footer_.entries_offset), footer_.entry_count - 1};
}

std::span<const BlockEntry> Block::Find(uint32_t id) const {
  // Series are mostly asked for one after the other.
  const auto next = entries_.begin() + static_cast<ptrdiff_t>(next_place_.load(std::memory_order_relaxed));
  const bool is_next = next != entries_.end() && next->id == id;
  const auto begin = is_next ? next : std::ranges::lower_bound(entries_, id, {}, &BlockEntry::id);
  // Of one series there are few.
  const auto end = EndOf(begin, id);
  next_place_.store(static_cast<size_t>(end - entries_.begin()), std::memory_order_relaxed);
  if (end != entries_.end()) PrefetchNewest(*std::prev(EndOf(end, end->id)));
  return {begin, end};
}

Block::Place Block::EndOf(Place begin, uint32_t id) const {
  return std::find_if(begin, entries_.end(), [&](const BlockEntry& entry) { return entry.id != id; });
}

/// The newest chunk is asked for most. It comes into the cache while the series before it is computed.
void Block::PrefetchNewest(const BlockEntry& entry) const {
  constexpr size_t kCacheLine = 64;
  constexpr size_t kMostLines = 4;
  const uint32_t end = std::min((&entry)[1].offset, footer_.entries_offset);
  for (size_t at = entry.offset, line = 0; at < end && line < kMostLines; at += kCacheLine, ++line)
    __builtin_prefetch(content_.data() + at);
}

std::string_view Block::ChunkOf(const BlockEntry& entry) const {
  const uint32_t end = (&entry)[1].offset;
  uint32_t checksum = 0;
  if (entry.offset < end && end <= footer_.entries_offset && end - entry.offset > sizeof(checksum)) {
    const std::string_view chunk = content_.substr(entry.offset, end - entry.offset - sizeof(checksum));
    std::memcpy(&checksum, chunk.data() + chunk.size(), sizeof(checksum));
    if (checksum == ChunkChecksum(entry.id, chunk)) return chunk;
  }
  ++damaged_chunks_;
  return {};
}

bool Block::Read(const BlockEntry& entry, ChunkColumns& out) const {
  std::string_view chunk = ChunkOf(entry);
  return !chunk.empty() && DecodeChunk(chunk, out);
}

}  // namespace tidemark::storage
