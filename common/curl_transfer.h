#pragma once

#include <curl/curl.h>

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/http_client_config.h"

namespace tidemark {

/// The functions of libcurl that probes and mails use. It is loaded when the first of them runs: it and what it needs
/// would take some megabytes of those who have neither.
struct CurlFunctions {
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_send) easy_send;
  decltype(&::curl_easy_recv) easy_recv;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
};
/// \throw std::runtime_error saying what to install
const CurlFunctions& Curl();

/// One request or connection of libcurl (curl_easy), which ends at the timeout or when it is asked to.
class Transfer {
 public:
  Transfer(int64_t timeout_ms, const std::stop_token& stop);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  template <typename T>
  void Set(CURLoption option, T value) {
    functions_.easy_setopt(handle_, option, value);
  }
  void Set(CURLoption option, const std::string& value) { functions_.easy_setopt(handle_, option, value.c_str()); }
  void SetTls(const config::HttpClientConfig::Tls& tls);
  /// TLS, proxy, redirects and authentication. \throw std::runtime_error when a file with a secret cannot be read
  void SetClient(const config::HttpClientConfig& client);
  void AddHeader(const std::string& name, const std::string& value);
  void ConnectTo(const std::string& rule);
  void AddRecipient(const std::string& address);
  /// What is sent; it outlives Perform.
  void Upload(std::string_view text);

  /// Empty when it went well, or what went wrong.
  std::string Perform();

  template <typename T>
  [[nodiscard]] T Get(CURLINFO info) const {
    T value{};
    functions_.easy_getinfo(handle_, info, &value);
    return value;
  }
  /// Of the certificates that the server showed, since the epoch.
  [[nodiscard]] std::optional<double> EarliestExpirySeconds() const;
  [[nodiscard]] CURL* handle() const { return handle_; }

 private:
  const CurlFunctions& functions_;
  CURL* const handle_;
  const std::stop_token stop_;
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  curl_slist* recipients_ = nullptr;
  std::string_view upload_;
  char error_[CURL_ERROR_SIZE] = "";
};

}  // namespace tidemark
