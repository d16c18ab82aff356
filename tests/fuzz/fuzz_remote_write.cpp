// A remote write body: as it comes, and as what snappy makes of the input, so that what is behind it is reached.

#include <snappy.h>

#include "analyzer/remote_write/receiver.h"
#include "analyzer/storage/store.h"

namespace {

using namespace tidemark;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowMs() const override { return 1'000'000; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const FixedClock clock;
  static const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  storage::Store store({.path = "", .retention_ms = 0, .max_series = 1000}, clock, logger);
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  std::string compressed;
  snappy::Compress(body.data(), body.size(), &compressed);
  for (const std::string_view attempt : {body, std::string_view(compressed)}) {
    const remote_write::Outcome outcome = remote_write::Receive(attempt, store);
    if (outcome.status != 204 && outcome.status != 400) __builtin_trap();
    if (outcome.status == 400 && outcome.message.empty()) __builtin_trap();
  }
  (void)store.Select({}, storage::kMinTime, storage::kMaxTime, 1'000'000);
  return 0;
}
