#include "common/http/web_access.h"

#include <openssl/err.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace tidemark::http {
namespace {

using ClientCertificate = WebConfig::ClientCertificate;

[[noreturn]] void FailTls(const std::string& what) {
  std::array<char, 256> text{};
  ::ERR_error_string_n(::ERR_get_error(), text.data(), text.size());
  ::ERR_clear_error();
  throw std::runtime_error(what + ": " + text.data());
}

/// HTTP/1.1 is what is spoken here, also to clients that would rather have HTTP/2 (RFC 7301).
int ChooseProtocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_bytes,
                   const unsigned char* offered, unsigned int offered_bytes, void* /*unused*/) {
  constexpr std::string_view kHttp11 = "\x08http/1.1";
  unsigned char* selected = nullptr;
  const int result =
      ::SSL_select_next_proto(&selected, chosen_bytes, reinterpret_cast<const unsigned char*>(kHttp11.data()),
                              kHttp11.size(), offered, offered_bytes);
  *chosen = selected;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

int AcceptAny(int /*preverified*/, X509_STORE_CTX* /*context*/) { return 1; }

void AskForCertificate(SSL_CTX* context, const WebConfig& config) {
  constexpr int kRequired = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  switch (config.client_certificate) {
    case ClientCertificate::kNone:
      return;
    case ClientCertificate::kRequest:
      ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &AcceptAny);
      return;
    case ClientCertificate::kRequireAny:
      ::SSL_CTX_set_verify(context, kRequired, &AcceptAny);
      return;
    case ClientCertificate::kVerifyIfGiven:
      ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
      break;
    case ClientCertificate::kRequireAndVerify:
      ::SSL_CTX_set_verify(context, kRequired, nullptr);
      break;
  }
  if (::SSL_CTX_load_verify_locations(context, config.client_ca_file.c_str(), nullptr) != 1)
    FailTls("cannot use client_ca_file " + config.client_ca_file);
  ::SSL_CTX_set_client_CA_list(context, ::SSL_load_client_CA_file(config.client_ca_file.c_str()));
}

/// "A:B:C", as OpenSSL takes lists.
void AppendName(std::string& list, const std::string& name) { list += (list.empty() ? "" : ":") + name; }

/// As in Go's library the suites of TLS 1.3 are always on.
void ChooseCiphers(SSL_CTX* context, const WebConfig& config) {
  if (config.prefer_own_order) ::SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  std::string curves;
  for (const std::string& curve : config.curves) AppendName(curves, curve);
  if (!curves.empty() && ::SSL_CTX_set1_groups_list(context, curves.c_str()) != 1)
    FailTls("cannot use curve_preferences");
  std::string suites;
  for (const std::string& suite : config.cipher_suites) {
    const bool is_of_older_version = suite.find("_WITH_") != std::string::npos;
    if (is_of_older_version) AppendName(suites, ::OPENSSL_cipher_name(suite.c_str()));
  }
  if (!suites.empty() && ::SSL_CTX_set_cipher_list(context, suites.c_str()) != 1) FailTls("cannot use cipher_suites");
  if (suites.empty() && !config.cipher_suites.empty()) ::SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
}

std::shared_ptr<SSL_CTX> MakeTls(const WebConfig& config) {
  if (!config.HasTls()) return nullptr;
  std::shared_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()), &::SSL_CTX_free);
  if (!context) FailTls("cannot set up TLS");
  // As Go's servers: from TLS 1.2 on where nothing is said.
  ::SSL_CTX_set_min_proto_version(context.get(), config.min_version != 0 ? config.min_version : TLS1_2_VERSION);
  if (config.max_version != 0) ::SSL_CTX_set_max_proto_version(context.get(), config.max_version);
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // The bytes of an answer that was not taken whole may have moved by the next attempt.
  ::SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_alpn_select_cb(context.get(), &ChooseProtocol, nullptr);
  constexpr std::string_view kSessionContext = "tidemark";
  ::SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                   kSessionContext.size());
  if (::SSL_CTX_use_certificate_chain_file(context.get(), config.cert_file.c_str()) != 1)
    FailTls("cannot use cert_file " + config.cert_file);
  if (::SSL_CTX_use_PrivateKey_file(context.get(), config.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    FailTls("cannot use key_file " + config.key_file);
  if (::SSL_CTX_check_private_key(context.get()) != 1)
    FailTls(config.key_file + " is not the key of " + config.cert_file);
  ChooseCiphers(context.get(), config);
  AskForCertificate(context.get(), config);
  return context;
}

std::shared_ptr<const WebAccess::State> Load(const std::string& path) {
  auto state = std::make_shared<WebAccess::State>();
  if (!path.empty()) state->config = ReadWebConfig(path);
  state->tls = MakeTls(state->config);
  return state;
}

}  // namespace

WebAccess::WebAccess(std::string path, const Logger& logger)
    : path_(std::move(path)),
      logger_(logger),
      state_(Load(path_)),
      times_(FileTimes(state_->config)),
      looked_(Clock::now()) {}

WebAccess::Times WebAccess::FileTimes(const WebConfig& config) const {
  Times times;
  for (const std::string& file : {path_, config.cert_file, config.key_file, config.client_ca_file}) {
    std::error_code error;
    if (!file.empty()) times.emplace_back(file, std::filesystem::last_write_time(file, error));
  }
  return times;
}

std::shared_ptr<const WebAccess::State> WebAccess::Current() {
  const std::lock_guard lock(mutex_);
  constexpr std::chrono::seconds kBetweenLooks{1};
  if (path_.empty() || Clock::now() - looked_ < kBetweenLooks) return state_;
  looked_ = Clock::now();
  Times times = FileTimes(state_->config);
  if (times == times_) return state_;
  times_ = std::move(times);
  try {
    auto state = Load(path_);
    if (state->config.HasTls() != state_->config.HasTls())
      throw std::runtime_error("TLS is switched on or off at a restart only");
    state_ = std::move(state);
    times_ = FileTimes(state_->config);
    logger_.Info("web configuration read again", {{"path", path_}});
  } catch (const std::runtime_error& error) {
    logger_.Error("the web configuration stays as it is", {{"path", path_}, {"err", error.what()}});
  }
  return state_;
}

}  // namespace tidemark::http
