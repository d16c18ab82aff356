#include <re2/re2.h>

#include <algorithm>

#include "common/curl_transfer.h"
#include "common/version.h"
#include "exporter/probes/probers.h"

namespace tidemark::exporter::probes {
namespace {

/// A body beyond this fails the probe: it is kept in memory for the regular expressions.
constexpr size_t kMaxBodyBytes = size_t{8} << 20;
constexpr long kMaxRedirects = 10;

struct Body {
  std::string text;
  bool is_too_large = false;
};

size_t KeepBody(char* data, size_t size, size_t count, void* body) {
  auto& kept = *static_cast<Body*>(body);
  kept.is_too_large = kept.text.size() + size * count > kMaxBodyBytes;
  if (kept.is_too_large) return 0;
  kept.text.append(data, size * count);
  return size * count;
}

/// \throw std::runtime_error when a file with a password cannot be read
void SetRequest(Transfer& transfer, const ProbeConfig& probe) {
  const HttpProbe& http = probe.http;
  transfer.Set(CURLOPT_URL, probe.target);
  transfer.Set(CURLOPT_PROTOCOLS_STR, "http,https");
  transfer.Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  transfer.Set(CURLOPT_MAXREDIRS, kMaxRedirects);
  transfer.Set(CURLOPT_USERAGENT, std::string("tidemark-exporter/") + kVersion);
  if (http.method == "HEAD") transfer.Set(CURLOPT_NOBODY, 1L);
  if (!http.body.empty()) {
    transfer.Set(CURLOPT_POSTFIELDSIZE, static_cast<long>(http.body.size()));
    transfer.Set(CURLOPT_POSTFIELDS, http.body);
  }
  if (http.method != "HEAD" && (http.method != "GET" || !http.body.empty()))
    transfer.Set(CURLOPT_CUSTOMREQUEST, http.method);
  for (const auto& [name, value] : http.headers) transfer.AddHeader(name, value);
  transfer.SetClient(http.client);
}

/// The parts of the time, of all requests when redirects were followed.
void AddPhases(const Transfer& transfer, ProbeResult& result) {
  const auto seconds = [&](CURLINFO info) { return transfer.Get<double>(info); };
  const double resolved = seconds(CURLINFO_NAMELOOKUP_TIME);
  const double connected = std::max(seconds(CURLINFO_CONNECT_TIME), resolved);
  const double secured = std::max(seconds(CURLINFO_APPCONNECT_TIME), connected);
  const double first_byte = std::max(seconds(CURLINFO_STARTTRANSFER_TIME), secured);
  result.phases = {{"resolve", resolved},
                   {"connect", connected - resolved},
                   {"tls", secured - connected},
                   {"processing", first_byte - secured},
                   {"transfer", std::max(0.0, seconds(CURLINFO_TOTAL_TIME) - first_byte)}};
}

/// Why the answer is not the one that is wanted; empty when it is.
std::string Complaint(const HttpProbe& http, const std::string& body, ProbeResult& result) {
  const int status = static_cast<int>(result.http_status_code.value_or(0));
  const std::vector<int>& valid = http.valid_status_codes;
  const bool is_valid = valid.empty() ? status >= 200 && status < 300 : std::ranges::find(valid, status) != valid.end();
  if (!is_valid) return "status " + std::to_string(status);
  result.failed_due_to_regex = 0;
  const auto found = [&](const Regex& regex) { return re2::RE2::PartialMatch(body, *regex); };
  if (const auto it = std::ranges::find_if(http.fail_if_body_matches, found); it != http.fail_if_body_matches.end()) {
    result.failed_due_to_regex = 1;
    return "the body matches " + (*it)->pattern();
  }
  const auto& needed = http.fail_if_body_not_matches;
  if (const auto it = std::ranges::find_if_not(needed, found); it != needed.end()) {
    result.failed_due_to_regex = 1;
    return "the body does not match " + (*it)->pattern();
  }
  if (http.fail_if_ssl && result.is_ssl == 1) return "the answer came over TLS";
  if (http.fail_if_not_ssl && result.is_ssl == 0) return "the answer came without TLS";
  return "";
}

}  // namespace

ProbeResult RunHttpProbe(const ProbeConfig& probe, const std::stop_token& stop) {
  ProbeResult result;
  Body body;
  Transfer transfer(probe.timeout_ms, stop);
  SetRequest(transfer, probe);
  transfer.Set(CURLOPT_WRITEFUNCTION, &KeepBody);
  transfer.Set(CURLOPT_WRITEDATA, static_cast<void*>(&body));
  result.error = transfer.Perform();
  if (body.is_too_large) result.error = "the body is larger than 8 MiB";
  AddPhases(transfer, result);
  result.cert_expiry_seconds = transfer.EarliestExpirySeconds();
  const long status = transfer.Get<long>(CURLINFO_RESPONSE_CODE);
  if (status == 0) return result;
  result.http_status_code = static_cast<double>(status);
  result.http_redirects = static_cast<double>(transfer.Get<long>(CURLINFO_REDIRECT_COUNT));
  result.http_body_bytes = static_cast<double>(body.text.size());
  const long version = transfer.Get<long>(CURLINFO_HTTP_VERSION);
  constexpr double kHttp10 = 1.0;
  constexpr double kHttp11 = 1.1;
  result.http_version = version == CURL_HTTP_VERSION_1_0 ? kHttp10 : version == CURL_HTTP_VERSION_1_1 ? kHttp11 : 2;
  result.is_ssl = std::string_view(transfer.Get<const char*>(CURLINFO_SCHEME)) == "HTTPS" ? 1 : 0;
  if (result.error.empty()) result.error = Complaint(probe.http, body.text, result);
  result.success = result.error.empty();
  return result;
}

}  // namespace tidemark::exporter::probes
