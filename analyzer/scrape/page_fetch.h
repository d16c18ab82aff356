#pragma once

#include <string>

#include "analyzer/scrape/http_connection.h"
#include "analyzer/scrape/target.h"
#include "analyzer/scrape/watchdog.h"
#include "common/exposition/format.h"

namespace tidemark::scrape {

struct FetchResult {
  std::string error;  ///< empty: `body` is a whole page
  std::string body;
  exposition::Format format = exposition::Format::kText004;
};

/// GETs a target's page: at most its body_size_limit bytes (after decompression) and scrape_timeout in all.
FetchResult Fetch(const Target& target, HttpConnection& connection, Watchdog& watchdog);

}  // namespace tidemark::scrape
