#pragma once

#include <string>
#include <string_view>

namespace tidemark::http {

/// `data` as one gzip member (RFC 1952), at the level that costs least CPU: pages are small and scraped often.
std::string Gzip(std::string_view data);

}  // namespace tidemark::http
