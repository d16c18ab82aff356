// A damaged log segment. The records' checksums are made right, so that what is behind them is reached.

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "analyzer/storage/wal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  static const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  static const std::string directory =
      std::filesystem::temp_directory_path() / ("fuzz-wal-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  std::string segment = "TMWAL001";
  // An input byte gives a length, and a payload of that length follows.
  for (size_t at = 0; at < size;) {
    const uint32_t length = std::min<uint32_t>(data[at], static_cast<uint32_t>(size - at - 1));
    const std::string payload(reinterpret_cast<const char*>(data) + at + 1, length);
    const uint32_t crc = storage::Crc32c(payload);
    segment.append(reinterpret_cast<const char*>(&length), 4)
        .append(reinterpret_cast<const char*>(&crc), 4)
        .append(payload);
    at += 1 + length;
  }
  std::ofstream(directory + "/00000001.wal", std::ios::binary) << segment;
  storage::WriteAheadLog::Replay(directory, logger, [](std::span<storage::Write>) {});
  return 0;
}
