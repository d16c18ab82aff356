#pragma once

#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tidemark::http {

/// `data` as one gzip member (RFC 1952), at the level that costs least CPU: pages are small and scraped often.
std::string Gzip(std::string_view data);

/// Compresses the body when it is worth it and the client takes it, with the headers that say so. The server does so
/// with every answer; a handler whose answer goes to many clients does it itself, once.
void Compress(const Request& request, Response& response);

}  // namespace tidemark::http
