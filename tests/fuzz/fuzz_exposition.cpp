// A metrics page from a hostile target, in both formats. What parses must be written and parsed again alike.

#include <cstdlib>

#include "common/exposition/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::exposition;
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  for (const Format format : {Format::kText004, Format::kOpenMetrics}) {
    Parser parser(page, format);
    std::vector<Label> labels;
    for (size_t entries = 0;; ++entries) {
      const Parser::Entry entry = parser.Next();
      if (entry == Parser::Entry::kEnd) break;
      if (entry == Parser::Entry::kError) {
        if (!parser.error().starts_with("line ")) std::abort();
        break;
      }
      if (entries > size) std::abort();  // an entry takes at least a byte
      if (entry == Parser::Entry::kSample && !parser.Labels(labels) && parser.error().empty()) std::abort();
    }
  }
  return 0;
}
