#include <algorithm>

#include "exporter/probes/probers.h"
#include "exporter/probes/resolver.h"

namespace tidemark::exporter::probes {

ProbeResult RunDnsProbe(const ProbeConfig& probe, const std::stop_token& stop) {
  ProbeResult result;
  const DnsProbe& dns = probe.dns;
  Resolver resolver(probe.target, dns.over_tcp, probe.timeout_ms, stop);
  const auto answer = resolver.Ask(dns.query_name, dns.query_type, result.error);
  if (!answer) return result;
  result.dns_rcode = answer->rcode;
  result.dns_answers = answer->answers;
  result.success = std::ranges::find(dns.valid_rcodes, answer->rcode) != dns.valid_rcodes.end();
  if (!result.success) result.error = "response code " + std::to_string(answer->rcode);
  return result;
}

}  // namespace tidemark::exporter::probes
