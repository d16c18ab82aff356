// Two textfiles, of which a NUL ends the first: each is refused with its line or joins a page that Prometheus takes, on
// which no series comes twice.

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>

#include "exporter/textfile/text_merge.h"
#include "tests/fuzz/page_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  using namespace tidemark::exporter::textfile;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(bytes.find('\0'), size);
  TextMerge merge({"taken"});
  for (const auto& [path, text] :
       {std::pair{"a.prom", bytes.substr(0, end)}, std::pair{"b.prom", bytes.substr(std::min(end + 1, size))}}) {
    try {
      (void)merge.Add(path, ParseText(text));
    } catch (const std::runtime_error& error) {
      if (!std::string_view(error.what()).starts_with("line ")) std::abort();
    }
  }
  for (const auto format : {exposition::Format::kText004, exposition::Format::kOpenMetrics}) {
    std::string page;
    exposition::Writer writer(format, page);
    merge.Write(writer);
    writer.Finish();
    std::set<std::string, std::less<>> all;
    CheckPage(page, format, [&](std::string_view series) {
      // In OpenMetrics a counter's name may become that of another.
      const bool is_new = all.emplace(series).second;
      if (!is_new && format == exposition::Format::kText004) std::abort();
    });
  }
  return 0;
}
