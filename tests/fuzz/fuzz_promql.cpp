// A query from a stranger: it parses or says where it does not, and what parses evaluates over a small store without
// harm.

#include "analyzer/promql/engine.h"
#include "analyzer/storage/store.h"

namespace {

using namespace tidemark;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowMs() const override { return 1'000'000; }
};

const storage::Store& Store() {
  static const FixedClock clock;
  static const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  static const auto* store = [] {
    auto* made = new storage::Store({.path = "", .retention_ms = 0}, clock, logger);
    for (int i = 0; i < 50; ++i) {
      std::vector<storage::SeriesWrite> writes;
      for (const char* name : {"a", "b"}) {
        for (const char* label : {"1", "2", "+Inf"}) {
          const storage::Labels labels{{"__name__", name}, {"le", label}, {"x", name}};
          writes.push_back({made->RefOf(labels), {i * 20'000, i * 1.5}});
        }
      }
      made->Append(writes);
    }
    return made;
  }();
  return *store;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string query(reinterpret_cast<const char*>(data), size);
  const promql::Engine engine(Store(), {.max_samples = 100'000, .timeout = std::chrono::milliseconds(500)});
  try {
    const promql::ExprPtr expr = promql::ParseExpr(query);
    (void)engine.Instant(*expr, 900'000);
    if (expr->type == promql::ValueType::kVector || expr->type == promql::ValueType::kScalar)
      (void)engine.Range(*expr, {0, 1'000'000, 60'000});
  } catch (const promql::ParseError&) {
  } catch (const promql::EvalError&) {
  } catch (const promql::TimeoutError&) {
  } catch (const storage::QueryError&) {
  }
  return 0;
}
