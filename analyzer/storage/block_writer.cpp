#include "analyzer/storage/block_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "analyzer/storage/durable_file.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

constexpr size_t kWriteBytes = size_t{1} << 20;

[[noreturn]] void FailToWrite(const std::string& path) {
  throw std::runtime_error("cannot write " + path + ": " + ErrnoText(errno));
}

}  // namespace

BlockWriter::BlockWriter(std::string path) : path_(std::move(path)) {
  buffer_ = kBlockMagic;
  if (path_.empty()) return;
  fd_ = UniqueFd(::open((path_ + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd_) FailToWrite(path_ + ".new");
}

BlockWriter::~BlockWriter() {
  // Renamed by Finish, it is not there any more.
  if (fd_) ::unlink((path_ + ".new").c_str());
}

void BlockWriter::WriteOut() {
  if (!WriteAll(fd_.get(), buffer_)) FailToWrite(path_ + ".new");
  written_bytes_ += buffer_.size();
  buffer_.clear();
}

void BlockWriter::Add(uint32_t id, std::span<const Sample> samples) {
  while (!samples.empty()) {
    const auto part = samples.first(std::min(samples.size(), kMaxChunkSamples));
    samples = samples.subspan(part.size());
    const int64_t min_time_ms = part.front().timestamp_ms;
    const int64_t max_time_ms = part.back().timestamp_ms;
    min_time_ms_ = sample_count_ == 0 ? min_time_ms : std::min(min_time_ms_, min_time_ms);
    max_time_ms_ = sample_count_ == 0 ? max_time_ms : std::max(max_time_ms_, max_time_ms);
    sample_count_ += part.size();
    const size_t begin = buffer_.size();
    entries_.push_back({id, static_cast<uint32_t>(bytes()), min_time_ms, max_time_ms});
    EncodeChunk(part, buffer_);
    AppendFixed(buffer_, ChunkChecksum(id, std::string_view(buffer_).substr(begin)));
    if (fd_ && buffer_.size() >= kWriteBytes) WriteOut();
  }
}

std::shared_ptr<const Block> BlockWriter::Finish() {
  const auto chunks_end = static_cast<uint32_t>(bytes());
  while (bytes() % alignof(BlockEntry) != 0) buffer_ += '\0';
  BlockFooter footer{.min_time_ms = min_time_ms_,
                     .max_time_ms = max_time_ms_,
                     .sample_count = sample_count_,
                     .entry_count = static_cast<uint32_t>(entries_.size() + 1),
                     .entries_offset = static_cast<uint32_t>(bytes())};
  std::memcpy(footer.magic, kBlockEndMagic.data(), sizeof(footer.magic));
  entries_.push_back({.id = ~uint32_t{0}, .offset = chunks_end});
  // The checksum is over what is in one piece here.
  std::string index(reinterpret_cast<const char*>(entries_.data()), entries_.size() * sizeof(BlockEntry));
  const size_t entries_bytes = index.size();
  AppendFixed(index, footer);
  index.resize(entries_bytes + offsetof(BlockFooter, checksum));
  footer.checksum = Checksum(index);
  index.resize(entries_bytes);
  AppendFixed(index, footer);
  buffer_ += index;
  if (!fd_) return Block::FromMemory(std::move(buffer_));
  WriteOut();
  if (!ReplaceFile(fd_.get(), path_ + ".new", path_)) FailToWrite(path_);
  fd_.Reset();
  return Block::OpenFile(path_);
}

}  // namespace tidemark::storage
