#include "common/curl_transfer.h"

#include <openssl/ssl.h>

#include <ctime>
#include <new>
#include <stdexcept>

#include "common/dynamic_library.h"

namespace tidemark {
namespace {

CurlFunctions LoadCurl() {
  const DynamicLibrary library("libcurl.so.4", "libcurl4");
  decltype(&::curl_global_init) global_init = nullptr;
  library.Load("curl_global_init", global_init);
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot be used");
  CurlFunctions functions{};
  library.Load("curl_easy_init", functions.easy_init);
  library.Load("curl_easy_cleanup", functions.easy_cleanup);
  library.Load("curl_easy_setopt", functions.easy_setopt);
  library.Load("curl_easy_perform", functions.easy_perform);
  library.Load("curl_easy_getinfo", functions.easy_getinfo);
  library.Load("curl_easy_send", functions.easy_send);
  library.Load("curl_easy_recv", functions.easy_recv);
  library.Load("curl_easy_strerror", functions.easy_strerror);
  library.Load("curl_slist_append", functions.slist_append);
  library.Load("curl_slist_free_all", functions.slist_free_all);
  return functions;
}

/// libcurl asks some times a second whether to go on.
int GoOn(void* stop, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

/// Hands out the next part of what is sent.
size_t ReadPart(char* buffer, size_t size, size_t count, void* rest) {
  auto& text = *static_cast<std::string_view*>(rest);
  const size_t part = text.copy(buffer, size * count);
  text.remove_prefix(part);
  return part;
}

size_t Discard(char* /*data*/, size_t size, size_t count, void* /*unused*/) { return size * count; }

long CurlTlsVersion(int version) {
  switch (version) {
    case TLS1_VERSION:
      return CURL_SSLVERSION_TLSv1_0;
    case TLS1_1_VERSION:
      return CURL_SSLVERSION_TLSv1_1;
    case TLS1_2_VERSION:
      return CURL_SSLVERSION_TLSv1_2;
    case TLS1_3_VERSION:
      return CURL_SSLVERSION_TLSv1_3;
    default:
      return CURL_SSLVERSION_DEFAULT;
  }
}

}  // namespace

const CurlFunctions& Curl() {
  static const CurlFunctions functions = LoadCurl();
  return functions;
}

Transfer::Transfer(int64_t timeout_ms, const std::stop_token& stop)
    : functions_(Curl()), handle_(functions_.easy_init()), stop_(stop) {
  if (handle_ == nullptr) throw std::bad_alloc();
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  Set(CURLOPT_ERRORBUFFER, static_cast<char*>(error_));
  Set(CURLOPT_NOPROGRESS, 0L);
  Set(CURLOPT_XFERINFOFUNCTION, &GoOn);
  Set(CURLOPT_XFERINFODATA, &stop_);
  Set(CURLOPT_WRITEFUNCTION, &Discard);
  Set(CURLOPT_PROXY, "");  // none from the environment
  Set(CURLOPT_CERTINFO, 1L);
}

Transfer::~Transfer() {
  functions_.easy_cleanup(handle_);
  functions_.slist_free_all(headers_);
  functions_.slist_free_all(connect_to_);
  functions_.slist_free_all(recipients_);
}

void Transfer::SetTls(const config::HttpClientConfig::Tls& tls) {
  if (!tls.ca_file.empty()) Set(CURLOPT_CAINFO, tls.ca_file);
  if (!tls.cert_file.empty()) Set(CURLOPT_SSLCERT, tls.cert_file);
  if (!tls.key_file.empty()) Set(CURLOPT_SSLKEY, tls.key_file);
  if (tls.min_version != 0) Set(CURLOPT_SSLVERSION, CurlTlsVersion(tls.min_version));
  if (!tls.insecure_skip_verify) return;
  Set(CURLOPT_SSL_VERIFYPEER, 0L);
  Set(CURLOPT_SSL_VERIFYHOST, 0L);
}

void Transfer::SetClient(const config::HttpClientConfig& client) {
  SetTls(client.tls);
  if (!client.proxy_url.empty()) Set(CURLOPT_PROXY, client.proxy_url);
  Set(CURLOPT_FOLLOWLOCATION, client.follow_redirects ? 1L : 0L);
  if (!client.basic_auth.username.empty()) {
    Set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    Set(CURLOPT_USERNAME, client.basic_auth.username);
    Set(CURLOPT_PASSWORD, config::ReadSecret(client.basic_auth.password, client.basic_auth.password_file));
  }
  const auto& authorization = client.authorization;
  if (!authorization.credentials.empty() || !authorization.credentials_file.empty()) {
    AddHeader("Authorization",
              authorization.type + " " + config::ReadSecret(authorization.credentials, authorization.credentials_file));
  }
}

void Transfer::AddHeader(const std::string& name, const std::string& value) {
  std::string line = name;
  line += ": ";
  line += value;
  headers_ = functions_.slist_append(headers_, line.c_str());
  Set(CURLOPT_HTTPHEADER, headers_);
}

void Transfer::ConnectTo(const std::string& rule) {
  connect_to_ = functions_.slist_append(connect_to_, rule.c_str());
  Set(CURLOPT_CONNECT_TO, connect_to_);
}

void Transfer::AddRecipient(const std::string& address) {
  recipients_ = functions_.slist_append(recipients_, address.c_str());
  Set(CURLOPT_MAIL_RCPT, recipients_);
}

void Transfer::Upload(std::string_view text) {
  upload_ = text;
  Set(CURLOPT_UPLOAD, 1L);
  Set(CURLOPT_READFUNCTION, &ReadPart);
  Set(CURLOPT_READDATA, &upload_);
}

std::string Transfer::Perform() {
  const CURLcode code = functions_.easy_perform(handle_);
  if (code == CURLE_OK) return "";
  return error_[0] != '\0' ? error_ : functions_.easy_strerror(code);
}

std::optional<double> Transfer::EarliestExpirySeconds() const {
  constexpr std::string_view kField = "Expire date:";
  std::optional<double> earliest;
  const auto* const chain = Get<curl_certinfo*>(CURLINFO_CERTINFO);
  for (int i = 0; chain != nullptr && i < chain->num_of_certs; ++i) {
    for (const curl_slist* line = chain->certinfo[i]; line != nullptr; line = line->next) {
      if (!std::string_view(line->data).starts_with(kField)) continue;
      std::tm time{};
      if (::strptime(line->data + kField.size(), "%b %d %H:%M:%S %Y GMT", &time) == nullptr) continue;
      const auto seconds = static_cast<double>(::timegm(&time));
      earliest = std::min(earliest.value_or(seconds), seconds);
    }
  }
  return earliest;
}

}  // namespace tidemark
