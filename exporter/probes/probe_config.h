#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/http_client_config.h"
#include "common/yaml_reader.h"

namespace re2 {
class RE2;
}

namespace tidemark::exporter::probes {

using Regex = std::shared_ptr<const re2::RE2>;

struct HttpProbe {
  std::string method = "GET";
  std::string body;
  std::vector<int> valid_status_codes;  ///< empty: 200 to 299
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Regex> fail_if_body_matches;
  std::vector<Regex> fail_if_body_not_matches;
  bool fail_if_ssl = false;
  bool fail_if_not_ssl = false;
  config::HttpClientConfig client;
};

/// Over TCP or a Unix socket: whether it connects, and what is said there.
struct StreamProbe {
  struct Step {
    Regex expect;  ///< waits for a line that it is found in; null: does not wait
    std::string send;
  };
  bool tls = false;
  config::HttpClientConfig::Tls tls_config;
  std::vector<Step> query_response;
};

struct DnsProbe {
  std::string query_name;
  uint16_t query_type = 1;  ///< RFC 1035, section 3.2.2; A
  std::vector<int> valid_rcodes{0};
  bool over_tcp = false;
};

/// One entry of a service's `probes`, in blackbox_exporter's words.
struct ProbeConfig {
  enum class Prober { kHttp, kTcp, kUnix, kDns, kIcmp } prober = Prober::kHttp;
  std::string target;
  int64_t interval_ms = 0;
  int64_t timeout_ms = 0;
  HttpProbe http;
  StreamProbe stream;
  DnsProbe dns;
};

/// As the configuration and the metrics' label have it.
const char* ProberName(ProbeConfig::Prober prober);

/// Reads one entry. Relative files are relative to `directory`. \throw config::ConfigError
ProbeConfig ParseProbe(const config::YamlValue& value, const std::string& directory);

}  // namespace tidemark::exporter::probes
