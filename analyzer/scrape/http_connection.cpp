#include "analyzer/scrape/http_connection.h"

#include <sys/stat.h>

#include "analyzer/scrape/plain_client.h"
#include "common/number_format.h"
#include "common/version.h"

namespace tidemark::scrape {
namespace {

void SetAuthentication(const config::HttpClientConfig& config, httplib::Headers& headers) {
  if (!config.basic_auth.username.empty()) {
    headers.insert(httplib::make_basic_authentication_header(
        config.basic_auth.username, config::ReadSecret(config.basic_auth.password, config.basic_auth.password_file)));
  } else if (!config.authorization.credentials.empty() || !config.authorization.credentials_file.empty()) {
    headers.emplace("Authorization",
                    config.authorization.type + " " +
                        config::ReadSecret(config.authorization.credentials, config.authorization.credentials_file));
  }
}

struct Address {
  std::string host;
  int port = 0;
};

/// Takes "scheme://host[:port][/…]" apart; brackets around an IPv6 address go.
Address ParseAddress(std::string_view url, int default_port) {
  url.remove_prefix(url.find("://") + 3);
  url = url.substr(0, url.find('/'));
  const size_t colon = url.rfind(':');
  const bool has_port = colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos;
  Address address{.host = std::string(url.substr(0, has_port ? colon : url.size())),
                  .port = has_port ? std::atoi(std::string(url.substr(colon + 1)).c_str()) : default_port};
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  return address;
}

/// Changes when one of the files does, so that renewed certificates are taken.
std::string StateOfFiles(const config::HttpClientConfig::Tls& tls) {
  std::string state;
  for (const std::string& path : {tls.ca_file, tls.cert_file, tls.key_file}) {
    struct stat status {};
    if (path.empty() || ::stat(path.c_str(), &status) != 0) continue;
    state += std::to_string(status.st_ino) + '/' + std::to_string(status.st_mtim.tv_sec) + '.' +
             std::to_string(status.st_mtim.tv_nsec) + ' ';
  }
  return state;
}

}  // namespace

HttpConnection::HttpConnection(std::string base_url, config::HttpClientConfig config)
    : base_url_(std::move(base_url)), config_(std::move(config)) {}

HttpConnection::~HttpConnection() = default;

std::unique_ptr<httplib::ClientImpl> HttpConnection::Open() const {
  constexpr int kHttpPort = 80;
  constexpr int kHttpsPort = 443;
  std::unique_ptr<httplib::ClientImpl> client;
  if (is_tls()) {
    const Address address = ParseAddress(base_url_, kHttpsPort);
    const config::HttpClientConfig::Tls& tls = config_.tls;
    const std::string& name = tls.server_name.empty() ? address.host : tls.server_name;
    auto tls_client = std::make_unique<httplib::SSLClient>(name, address.port, tls.cert_file, tls.key_file);
    if (!tls_client->is_valid()) return nullptr;
    // The connection goes to the address whatever name its certificate has.
    if (name != address.host) tls_client->set_hostname_addr_map({{name, address.host}});
    if (!tls.ca_file.empty()) tls_client->set_ca_cert_path(tls.ca_file);
    tls_client->enable_server_certificate_verification(!tls.insecure_skip_verify);
    if (tls.min_version != 0) SSL_CTX_set_min_proto_version(tls_client->ssl_context(), tls.min_version);
    client = std::move(tls_client);
  } else {
    const Address address = ParseAddress(base_url_, kHttpPort);
    client = std::make_unique<PlainClient>(address.host, address.port);
    if (!client->is_valid()) return nullptr;
  }
  if (!config_.proxy_url.empty()) {
    const Address proxy = ParseAddress(config_.proxy_url, kHttpPort);
    client->set_proxy(proxy.host, proxy.port);
  }
  client->set_keep_alive(true);
  client->set_follow_location(config_.follow_redirects);
  return client;
}

HttpConnection::Attempt HttpConnection::Try(const HttpRequest& request, const Body* body, Watchdog& watchdog) {
  Attempt attempt;
  HttpAnswer& answer = attempt.answer;
  httplib::Headers headers(request.headers.begin(), request.headers.end());
  headers.emplace("Accept-Encoding", "gzip");
  headers.emplace("User-Agent", std::string("tidemark-analyzer/") + kVersion);
  if (!config_.tls.server_name.empty() && is_tls())
    headers.emplace("Host", base_url_.substr(base_url_.find("://") + 3));
  try {
    SetAuthentication(config_, headers);
  } catch (const std::runtime_error& error) {
    answer.error = error.what();
    return attempt;
  }
  if (is_tls()) {
    std::string state = StateOfFiles(config_.tls);
    if (state != credentials_state_) client_.reset();
    credentials_state_ = std::move(state);
  }
  const bool was_open = client_ && client_->is_socket_open() != 0;
  if (!client_) client_ = Open();
  if (!client_) {
    answer.error = "not a usable address, certificate or key: " + base_url_;
    return attempt;
  }
  client_->set_connection_timeout(request.timeout);
  client_->set_read_timeout(request.timeout);
  client_->set_write_timeout(request.timeout);
  // A page is one that comes with 200; a body is taken with any of these.
  const auto is_success = [body](int code) { return body == nullptr ? code == 200 : code >= 200 && code < 300; };
  bool timed_out = false;
  bool too_large = false;
  int status = 0;
  httplib::Error client_error = httplib::Error::Success;
  const auto begin = std::chrono::steady_clock::now();
  {
    // httplib's own timeouts start anew with every byte; this one does not.
    const Watchdog::Guard guard(watchdog, request.timeout, [&] {
      timed_out = true;
      client_->stop();
    });
    httplib::Request wire;
    wire.method = body == nullptr ? "GET" : "POST";
    wire.path = request.path_and_query;
    wire.headers = headers;
    if (body != nullptr) {
      wire.headers.emplace("Content-Type", body->content_type);
      wire.body = body->bytes;
    }
    wire.response_handler = [&](const httplib::Response& response) {
      status = response.status;
      answer.body.clear();
      answer.content_type = response.get_header_value("Content-Type");
      const uint64_t length = response.get_header_value<uint64_t>("Content-Length");
      if (is_success(status) && length <= request.max_body_bytes) answer.body.reserve(length);
      return is_success(status);
    };
    wire.content_receiver = [&](const char* data, size_t size, uint64_t /*offset*/, uint64_t /*total*/) {
      too_large = answer.body.size() + size > request.max_body_bytes;
      if (!too_large) answer.body.append(data, size);
      return !too_large;
    };
    const httplib::Result result = client_->send(wire);
    client_error = result.error();
  }
  answer.status = status;
  // httplib's own timeout may come first by a hair.
  const bool was_late = std::chrono::steady_clock::now() - begin >= request.timeout;
  if (timed_out || (was_late && client_error != httplib::Error::Success)) {
    std::string seconds;
    AppendGoFloat(seconds, std::chrono::duration<double>(request.timeout).count());
    answer.error = "no whole answer within " + seconds + " s";
  } else if (too_large) {
    answer.error = "body is larger than " + std::to_string(request.max_body_bytes) + " bytes";
  } else if (status != 0 && !is_success(status)) {
    answer.error = "server returned HTTP status " + std::to_string(status);
  } else if (client_error != httplib::Error::Success) {
    answer.error = "request failed: " + httplib::to_string(client_error);
    attempt.found_closed = was_open && status == 0;
  }
  if (!answer.error.empty()) client_.reset();
  return attempt;
}

HttpAnswer HttpConnection::TryTwice(const HttpRequest& request, const Body* body, Watchdog& watchdog) {
  Attempt attempt = Try(request, body, watchdog);
  // A server may close a connection in the moment that it is used again.
  if (attempt.found_closed) attempt = Try(request, body, watchdog);
  return std::move(attempt.answer);
}

HttpAnswer HttpConnection::Get(const HttpRequest& request, Watchdog& watchdog) {
  return TryTwice(request, nullptr, watchdog);
}

HttpAnswer HttpConnection::Post(const HttpRequest& request, const std::string& body, const std::string& content_type,
                                Watchdog& watchdog) {
  const Body sent{body, content_type};
  return TryTwice(request, &sent, watchdog);
}

}  // namespace tidemark::scrape
