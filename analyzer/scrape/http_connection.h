#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "analyzer/scrape/watchdog.h"
#include "common/http_client_config.h"

namespace httplib {
class ClientImpl;
}

namespace tidemark::scrape {

struct HttpRequest {
  std::string path_and_query;
  std::map<std::string, std::string> headers;
  std::chrono::milliseconds timeout{10'000};  ///< for everything from connecting to the last byte
  size_t max_body_bytes = 0;                  ///< after decompression
};

struct HttpAnswer {
  std::string error;  ///< empty: status 200 and a whole body; else a text for people
  std::string body;
  std::string content_type;
};

/// GETs from one server with the authentication, TLS, proxy and redirects that its configuration says. The connection
/// stays open between requests for as long as the server lets it. Used by one thread at a time.
class HttpConnection {
 public:
  /// `base_url` is scheme://host[:port].
  HttpConnection(std::string base_url, config::HttpClientConfig config);
  ~HttpConnection();

  HttpAnswer Get(const HttpRequest& request, Watchdog& watchdog);

 private:
  /// What one try of a request came to.
  struct Attempt {
    HttpAnswer answer;
    bool found_closed = false;  ///< the kept connection had been closed: nothing came back
  };

  [[nodiscard]] std::unique_ptr<httplib::ClientImpl> Open() const;
  Attempt Try(const HttpRequest& request, Watchdog& watchdog);
  [[nodiscard]] bool is_tls() const { return base_url_.starts_with("https://"); }

  const std::string base_url_;
  const config::HttpClientConfig config_;
  std::unique_ptr<httplib::ClientImpl> client_;  ///< none before the first request and after one that failed
  std::string credentials_state_;                ///< of the TLS files that `client_` was made with
};

}  // namespace tidemark::scrape
