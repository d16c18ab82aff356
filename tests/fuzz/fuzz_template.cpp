// A template of an alert: it is refused with its line, or it expands within its bounds, whatever its queries give.

#include <cstdlib>

#include "analyzer/templating/alert_template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  using namespace tidemark::templating;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const storage::Labels labels{{"instance", "h:1"}, {"job", "node"}};
  AlertContext context{{{"region", "eu"}}, {{}, "http://h/p"}};
  context.environment.query = [](const std::string& query) -> std::vector<QuerySample> {
    if (query.empty()) throw std::runtime_error("no query");
    return {{{{"a", query}}, 1}, {{{"a", "b"}}, -2.5}};
  };
  try {
    const AlertTemplate parsed(text, AlertTemplate::Owner::kThreshold);
    const std::string expanded = parsed.Expand({.labels = labels, .value = 1.5, .level = "info"}, context);
    constexpr size_t kMaxBytes = (size_t{1} << 20) + 4096;
    if (expanded.size() > kMaxBytes) std::abort();
  } catch (const TemplateError& error) {
    if (!std::string_view(error.what()).starts_with("line ")) std::abort();
  }
  return 0;
}
