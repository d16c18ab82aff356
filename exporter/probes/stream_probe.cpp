#include <poll.h>
#include <re2/re2.h>

#include <chrono>

#include "common/curl_transfer.h"
#include "exporter/probes/probers.h"

namespace tidemark::exporter::probes {
namespace {

using Clock = std::chrono::steady_clock;

/// A peer that sends so much without a line end is not read further.
constexpr size_t kMaxLineBytes = 64 << 10;
/// How soon a request to stop is noticed.
constexpr int64_t kSliceMs = 100;

/// What is said over a connection, until a deadline.
class Conversation {
 public:
  Conversation(const Transfer& transfer, Clock::time_point deadline, const std::stop_token& stop)
      : transfer_(transfer),
        socket_(transfer.Get<curl_socket_t>(CURLINFO_ACTIVESOCKET)),
        deadline_(deadline),
        stop_(stop) {}

  /// Empty when the step went well, or what went wrong.
  std::string Run(const StreamProbe::Step& step) {
    if (step.expect != nullptr) {
      std::string error = Expect(*step.expect);
      if (!error.empty()) return error;
    }
    return Send(step.send);
  }

 private:
  std::string Send(std::string_view text) {
    while (!text.empty()) {
      size_t sent = 0;
      const CURLcode code = Curl().easy_send(transfer_.handle(), text.data(), text.size(), &sent);
      text.remove_prefix(sent);
      if (code == CURLE_AGAIN ? !Wait(POLLOUT) : code != CURLE_OK) return "cannot send: the peer takes nothing";
    }
    return "";
  }

  /// Reads lines until the expression is found in one.
  std::string Expect(const re2::RE2& regex) {
    while (true) {
      if (const size_t end = received_.find('\n'); end != std::string::npos) {
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        if (re2::RE2::PartialMatch(line, regex)) return "";
        continue;
      }
      if (received_.size() > kMaxLineBytes) return "a line of the peer is longer than 64 KiB";
      char buffer[4096];
      size_t got = 0;
      const CURLcode code = Curl().easy_recv(transfer_.handle(), buffer, sizeof(buffer), &got);
      received_.append(buffer, got);
      const bool is_over = code == CURLE_AGAIN ? !Wait(POLLIN) : code != CURLE_OK || got == 0;
      // What came last may be a line without an end.
      if (is_over)
        return re2::RE2::PartialMatch(received_, regex) ? "" : "nothing came that matches " + regex.pattern();
    }
  }

  /// False when the time is over.
  bool Wait(short events) {
    while (!stop_.stop_requested()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      if (left <= 0) return false;
      pollfd entry{.fd = socket_, .events = events, .revents = 0};
      if (::poll(&entry, 1, static_cast<int>(std::min(left, kSliceMs))) != 0) return true;
    }
    return false;
  }

  const Transfer& transfer_;
  const curl_socket_t socket_;
  const Clock::time_point deadline_;
  const std::stop_token stop_;
  std::string received_;
};

}  // namespace

ProbeResult RunStreamProbe(const ProbeConfig& probe, const std::stop_token& stop) {
  ProbeResult result;
  const StreamProbe& stream = probe.stream;
  const auto deadline = Clock::now() + std::chrono::milliseconds(probe.timeout_ms);
  Transfer transfer(probe.timeout_ms, stop);
  // The schemes say only whether there is TLS; no request is made.
  const std::string scheme = stream.tls ? "https://" : "http://";
  if (probe.prober == ProbeConfig::Prober::kUnix) {
    transfer.Set(CURLOPT_UNIX_SOCKET_PATH, probe.target);
    transfer.Set(CURLOPT_URL, scheme + "localhost");
  } else if (const std::string& name = stream.tls_config.server_name; !name.empty()) {
    const std::string port = probe.target.substr(probe.target.rfind(':'));
    transfer.ConnectTo(name + port + ":" + probe.target);
    transfer.Set(CURLOPT_URL, scheme + name + port);
  } else {
    transfer.Set(CURLOPT_URL, scheme + probe.target);
  }
  transfer.SetTls(stream.tls_config);
  transfer.Set(CURLOPT_CONNECT_ONLY, 1L);
  result.error = transfer.Perform();
  if (stream.tls) result.cert_expiry_seconds = transfer.EarliestExpirySeconds();
  if (!result.error.empty()) return result;
  Conversation conversation(transfer, deadline, stop);
  for (const StreamProbe::Step& step : stream.query_response) {
    result.error = conversation.Run(step);
    if (!result.error.empty()) return result;
  }
  result.success = true;
  return result;
}

}  // namespace tidemark::exporter::probes
