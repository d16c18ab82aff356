#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "analyzer/config/http_client_config.h"
#include "analyzer/scrape/watchdog.h"

namespace tidemark::scrape {

struct HttpRequest {
  std::string base_url;  ///< scheme://host:port
  std::string path_and_query;
  std::map<std::string, std::string> headers;
  std::chrono::milliseconds timeout{10'000};  ///< for everything from connecting to the last byte
  size_t max_body_bytes = 0;                  ///< after decompression
};

struct HttpAnswer {
  std::string error;  ///< empty: status 200 and a whole body
  std::string body;
  std::string content_type;
};

/// GETs with the authentication, TLS, proxy and redirects that `config` says. Errors are for people.
HttpAnswer HttpGet(const HttpRequest& request, const config::HttpClientConfig& config, Watchdog& watchdog);

}  // namespace tidemark::scrape
