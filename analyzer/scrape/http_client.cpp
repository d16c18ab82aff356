#include "analyzer/scrape/http_client.h"

#include <httplib.h>

#include "common/file.h"
#include "common/number_format.h"
#include "common/text.h"
#include "common/version.h"

namespace tidemark::scrape {
namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;

/// A password or token from its file, without blanks around it.
std::string ReadSecret(const std::string& inline_secret, const std::string& path) {
  return path.empty() ? inline_secret : std::string(Trim(ReadFileOrThrow(path, kMaxSecretBytes)));
}

void SetAuthentication(const config::HttpClientConfig& config, httplib::Headers& headers) {
  if (!config.basic_auth.username.empty()) {
    headers.insert(httplib::make_basic_authentication_header(
        config.basic_auth.username, ReadSecret(config.basic_auth.password, config.basic_auth.password_file)));
  } else if (!config.authorization.credentials.empty() || !config.authorization.credentials_file.empty()) {
    headers.emplace("Authorization",
                    config.authorization.type + " " +
                        ReadSecret(config.authorization.credentials, config.authorization.credentials_file));
  }
}

void SetProxy(const std::string& url, httplib::Client& client) {
  if (url.empty()) return;
  const std::string authority = url.substr(std::string_view("http://").size());
  const std::string host_port = authority.substr(0, authority.find('/'));
  const size_t colon = host_port.rfind(':');
  constexpr int kDefaultPort = 80;
  const int port = colon == std::string::npos ? kDefaultPort : std::atoi(host_port.c_str() + colon + 1);
  client.set_proxy(host_port.substr(0, colon), port);
}

/// A server name other than the address: the connection goes to the address all the same.
std::string BaseUrlFor(const HttpRequest& request, const config::HttpClientConfig& config, std::string& real_host) {
  if (config.tls.server_name.empty() || !request.base_url.starts_with("https://")) return request.base_url;
  const std::string authority = request.base_url.substr(std::string_view("https://").size());
  const size_t colon = authority.rfind(':');
  real_host = authority.substr(0, colon);
  return "https://" + config.tls.server_name + authority.substr(colon);
}

}  // namespace

HttpAnswer HttpGet(const HttpRequest& request, const config::HttpClientConfig& config, Watchdog& watchdog) {
  HttpAnswer answer;
  httplib::Headers headers(request.headers.begin(), request.headers.end());
  headers.emplace("Accept-Encoding", "gzip");
  headers.emplace("User-Agent", std::string("tidemark-analyzer/") + kVersion);
  try {
    SetAuthentication(config, headers);
  } catch (const std::runtime_error& error) {
    answer.error = error.what();
    return answer;
  }
  std::string real_host;
  httplib::Client client(BaseUrlFor(request, config, real_host), config.tls.cert_file, config.tls.key_file);
  if (!client.is_valid()) {
    answer.error = "not a usable address, certificate or key: " + request.base_url;
    return answer;
  }
  if (!real_host.empty()) {
    client.set_hostname_addr_map({{config.tls.server_name, real_host}});
    headers.emplace("Host", request.base_url.substr(std::string_view("https://").size()));
  }
  if (request.base_url.starts_with("https://")) {
    if (!config.tls.ca_file.empty()) client.set_ca_cert_path(config.tls.ca_file);
    client.enable_server_certificate_verification(!config.tls.insecure_skip_verify);
    if (config.tls.min_version != 0) SSL_CTX_set_min_proto_version(client.ssl_context(), config.tls.min_version);
  }
  SetProxy(config.proxy_url, client);
  client.set_connection_timeout(request.timeout);
  client.set_read_timeout(request.timeout);
  client.set_write_timeout(request.timeout);
  client.set_follow_location(config.follow_redirects);
  bool timed_out = false;
  bool too_large = false;
  int status = 0;
  httplib::Error client_error = httplib::Error::Success;
  const auto begin = std::chrono::steady_clock::now();
  {
    // httplib's own timeouts start anew with every byte; this one does not.
    const Watchdog::Guard guard(watchdog, request.timeout, [&] {
      timed_out = true;
      client.stop();
    });
    const httplib::Result result = client.Get(
        request.path_and_query, headers,
        [&](const httplib::Response& response) {
          status = response.status;
          answer.body.clear();
          answer.content_type = response.get_header_value("Content-Type");
          const uint64_t length = response.get_header_value<uint64_t>("Content-Length");
          if (status == 200 && length <= request.max_body_bytes) answer.body.reserve(length);
          return status == 200;
        },
        [&](const char* data, size_t size) {
          too_large = answer.body.size() + size > request.max_body_bytes;
          if (!too_large) answer.body.append(data, size);
          return !too_large;
        });
    client_error = result.error();
  }
  // httplib's own timeout may come first by a hair.
  const bool was_late = std::chrono::steady_clock::now() - begin >= request.timeout;
  if (timed_out || (was_late && client_error != httplib::Error::Success)) {
    std::string seconds;
    AppendGoFloat(seconds, std::chrono::duration<double>(request.timeout).count());
    answer.error = "no whole answer within " + seconds + " s";
  } else if (too_large) {
    answer.error = "body is larger than " + std::to_string(request.max_body_bytes) + " bytes";
  } else if (status != 0 && status != 200) {
    answer.error = "server returned HTTP status " + std::to_string(status);
  } else if (client_error != httplib::Error::Success) {
    answer.error = "request failed: " + httplib::to_string(client_error);
  }
  return answer;
}

}  // namespace tidemark::scrape
