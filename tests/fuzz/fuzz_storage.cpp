// Damaged content of the formats the store reads back: log segment, chunk, open chunk, block. Checksums are made right
// where there are some, so that what is behind them is reached.

#include <cstring>
#include <optional>
#include <stdexcept>

#include "analyzer/storage/block.h"
#include "analyzer/storage/chunk.h"
#include "analyzer/storage/open_chunk.h"
#include "analyzer/storage/record_file.h"
#include "analyzer/storage/varint.h"
#include "analyzer/storage/wal.h"

namespace {

using namespace tidemark::storage;

void FuzzSegment(std::string_view input) {
  std::string segment = "TMWAL002";
  // An input byte gives a length, and a payload of that length follows.
  while (!input.empty()) {
    const size_t length = std::min<size_t>(static_cast<uint8_t>(input.front()), input.size() - 1);
    AppendRecord(segment, [&](std::string& out) { out += input.substr(1, length); });
    input.remove_prefix(1 + length);
  }
  (void)ReadWalSegment(segment, [](uint32_t, Sample) {});
}

void FuzzBlock(std::string_view input) {
  // The footer is the input's own but for what would refuse it at once.
  std::string content(kBlockMagic);
  content += input;
  while (content.size() % 8 != 0) content += '\0';
  if (content.size() < kBlockMagic.size() + sizeof(BlockEntry) + sizeof(BlockFooter)) return;
  BlockFooter footer;
  std::memcpy(&footer, content.data() + content.size() - sizeof(footer), sizeof(footer));
  const size_t room = content.size() - kBlockMagic.size() - sizeof(footer);
  footer.entry_count = static_cast<uint32_t>(footer.entry_count % (room / sizeof(BlockEntry)) + 1);
  footer.entries_offset =
      static_cast<uint32_t>(content.size() - sizeof(footer) - footer.entry_count * sizeof(BlockEntry));
  std::memcpy(footer.magic, kBlockEndMagic.data(), sizeof(footer.magic));
  std::memcpy(content.data() + content.size() - sizeof(footer), &footer, sizeof(footer));
  std::string_view checked = std::string_view(content).substr(footer.entries_offset);
  checked.remove_suffix(sizeof(footer) - offsetof(BlockFooter, checksum));
  footer.checksum = Checksum(checked);
  std::memcpy(content.data() + content.size() - sizeof(footer), &footer, sizeof(footer));
  const auto block = Block::FromMemory(std::move(content));
  ChunkColumns columns;
  for (const BlockEntry& entry : block->entries()) {
    (void)block->Read(entry, columns);
    (void)block->Find(entry.id);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  ChunkColumns columns;
  std::vector<Sample> samples;
  switch (data[0] % 4) {
    case 0:
      FuzzSegment(input);
      break;
    case 1: {
      std::string_view chunk = input;
      const std::optional<int64_t> first_ms = ChunkFirstTime(chunk);
      if (DecodeChunk(chunk, columns)) {
        if (first_ms && *first_ms != columns.timestamps_ms.front()) __builtin_trap();
        // What decodes encodes again to something that decodes to the same.
        for (size_t i = 0; i < columns.values.size(); ++i)
          samples.push_back({columns.timestamps_ms[i], columns.values[i]});
        std::string again;
        EncodeChunk(samples, again);
        ChunkColumns second;
        std::string_view in = again;
        if (!DecodeChunk(in, second) || second.timestamps_ms != columns.timestamps_ms ||
            std::memcmp(second.values.data(), columns.values.data(), columns.values.size() * sizeof(double)) != 0) {
          __builtin_trap();
        }
      }
      break;
    }
    case 2:
      OpenChunk::Decode({input, static_cast<uint32_t>(input.size() / 2)}, samples);
      break;
    default:
      FuzzBlock(input);
  }
  return 0;
}
