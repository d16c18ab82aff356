// Files for import: OpenMetrics and CSV. What was imported comes out of an export and goes in again as it was.

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "analyzer/transfer/export.h"
#include "analyzer/transfer/import.h"

namespace {

using namespace tidemark;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowMs() const override { return 1'000'000; }
};

std::string ExportAll(const storage::Store& store) {
  std::string text;
  transfer::Export(store, {.selections = {{}}}, [&](std::string_view part) { text += part; });
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const FixedClock clock;
  static const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  static const std::string base =
      std::filesystem::temp_directory_path() / ("fuzz-import-" + std::to_string(::getpid()));
  const std::string path = base + (data[0] % 2 == 0 ? ".om" : ".csv");
  std::ofstream(path, std::ios::binary) << std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1);
  storage::Store first({.path = "", .retention_ms = 0}, clock, logger);
  try {
    transfer::Import(path, first);
  } catch (const std::runtime_error&) {
  }
  const std::string exported = ExportAll(first);
  const std::string again = base + "-again.om";
  std::ofstream(again, std::ios::binary) << exported;
  storage::Store second({.path = "", .retention_ms = 0}, clock, logger);
  transfer::Import(again, second);
  if (ExportAll(second) != exported) __builtin_trap();
  ::unlink(path.c_str());
  ::unlink(again.c_str());
  return 0;
}
