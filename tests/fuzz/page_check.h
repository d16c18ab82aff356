#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "common/exposition/parser.h"

/// Aborts unless Prometheus takes the page; calls visit(series) for each of its samples, with the series as it stands.
inline void CheckPage(const std::string& page, tidemark::exposition::Format format,
                      const std::function<void(std::string_view series)>& visit = {}) {
  using tidemark::exposition::Parser;
  Parser parser(page, format);
  std::vector<tidemark::exposition::Label> labels;
  while (true) {
    const auto entry = parser.Next();
    if (entry == Parser::Entry::kEnd) return;
    if (entry == Parser::Entry::kError) std::abort();
    if (entry != Parser::Entry::kSample) continue;
    if (!parser.Labels(labels)) std::abort();
    if (visit) visit(parser.series_text());
  }
}
