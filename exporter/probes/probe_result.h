#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidemark::exporter::probes {

/// What one run of a probe found. Optional ones are not known to its prober, or not when it failed before.
struct ProbeResult {
  bool success = false;
  std::string error;  ///< empty when it succeeded
  double duration_seconds = 0;
  std::vector<std::pair<const char*, double>> phases;  ///< parts of the duration by blackbox_exporter's names

  std::optional<double> http_status_code;
  std::optional<double> http_redirects;
  std::optional<double> http_version;         ///< 1.1, 2
  std::optional<double> http_body_bytes;      ///< that came, decoded
  std::optional<double> is_ssl;               ///< 1: the last request went over TLS
  std::optional<double> failed_due_to_regex;  ///< 1 or 0
  std::optional<double> cert_expiry_seconds;  ///< the earliest of the chain, since the epoch
  std::optional<double> dns_rcode;
  std::optional<double> dns_answers;
};

}  // namespace tidemark::exporter::probes
