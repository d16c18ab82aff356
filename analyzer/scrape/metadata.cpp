#include "analyzer/scrape/metadata.h"

#include <array>

#include "common/exposition/parser.h"

namespace tidemark::scrape {

MetadataMap ReadMetadata(std::string_view page, exposition::Format format) {
  using Entry = exposition::Parser::Entry;
  MetadataMap all;
  exposition::Parser parser(page, format);
  for (Entry entry = parser.Next(); entry != Entry::kEnd && entry != Entry::kError; entry = parser.Next()) {
    if (entry == Entry::kSample) continue;
    Metadata& metadata = all[std::string(parser.name())];
    if (entry == Entry::kType) metadata.type = parser.type();
    if (entry == Entry::kHelp) metadata.help = parser.help();
    if (entry == Entry::kUnit) metadata.unit = parser.help();
  }
  return all;
}

const char* TypeName(exposition::MetricType type) {
  constexpr std::array<const char*, 8> kNames{"unknown", "counter", "gauge",    "histogram",
                                              "summary", "info",    "stateset", "gaugehistogram"};
  return kNames[static_cast<size_t>(type)];
}

}  // namespace tidemark::scrape
