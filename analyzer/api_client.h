#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/http_client_config.h"

namespace tidemark {

/// A request to a running analyzer, for the commands of people.
class ApiClient {
 public:
  /// `url` is that of the analyzer; `http_config_file` has its credentials and TLS, empty: none.
  /// \throw std::runtime_error, config::ConfigError
  ApiClient(std::string url, const std::string& http_config_file);

  struct Answer {
    long status = 0;
    nlohmann::ordered_json body;  ///< null: there was none
  };
  /// `body` is JSON or, with another type, a text. \throw std::runtime_error when there is no answer or no JSON
  Answer Call(const std::string& method, const std::string& path, const std::string& body = "",
              const std::string& content_type = "application/json") const;

 private:
  std::string url_;
  config::HttpClientConfig config_;
};

}  // namespace tidemark
