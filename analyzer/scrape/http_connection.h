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
  std::string error;  ///< empty: a success and a whole body; else a text for people
  std::string body;
  std::string content_type;
  int status = 0;  ///< 0: there was no answer
};

/// GETs from and POSTs to one server with the authentication, TLS, proxy and redirects that its configuration says. The
/// connection stays open between requests for as long as the server lets it. Used by one thread at a time.
class HttpConnection {
 public:
  /// `base_url` is scheme://host[:port].
  HttpConnection(std::string base_url, config::HttpClientConfig config);
  ~HttpConnection();

  HttpAnswer Get(const HttpRequest& request, Watchdog& watchdog);
  /// Sends a body. It may come twice, when a kept connection ends in that moment.
  HttpAnswer Post(const HttpRequest& request, const std::string& body, const std::string& content_type,
                  Watchdog& watchdog);

 private:
  struct Body {
    const std::string& bytes;
    const std::string& content_type;
  };
  /// What one try of a request came to.
  struct Attempt {
    HttpAnswer answer;
    bool found_closed = false;  ///< the kept connection had been closed: nothing came back
  };

  [[nodiscard]] std::unique_ptr<httplib::ClientImpl> Open() const;
  /// GETs without a body.
  Attempt Try(const HttpRequest& request, const Body* body, Watchdog& watchdog);
  HttpAnswer TryTwice(const HttpRequest& request, const Body* body, Watchdog& watchdog);
  [[nodiscard]] bool is_tls() const { return base_url_.starts_with("https://"); }

  const std::string base_url_;
  const config::HttpClientConfig config_;
  std::unique_ptr<httplib::ClientImpl> client_;  ///< none before the first request and after one that failed
  std::string credentials_state_;                ///< of the TLS files that `client_` was made with
};

}  // namespace tidemark::scrape
