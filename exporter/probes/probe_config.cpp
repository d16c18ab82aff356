#include "exporter/probes/probe_config.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace tidemark::exporter::probes {
namespace {

using config::YamlMap;
using config::YamlValue;
using Prober = ProbeConfig::Prober;

constexpr int64_t kDefaultIntervalMs = 30'000;
constexpr int64_t kLeastIntervalMs = 1000;
constexpr int64_t kDefaultTimeoutMs = 5000;

constexpr std::array<std::pair<const char*, Prober>, 5> kProbers{{{"http", Prober::kHttp},
                                                                  {"tcp", Prober::kTcp},
                                                                  {"unix", Prober::kUnix},
                                                                  {"dns", Prober::kDns},
                                                                  {"icmp", Prober::kIcmp}}};
/// RFC 1035 section 3.2.2, RFC 3596, RFC 2782.
constexpr std::array<std::pair<const char*, int>, 10> kQueryTypes{{{"A", 1},
                                                                   {"NS", 2},
                                                                   {"CNAME", 5},
                                                                   {"SOA", 6},
                                                                   {"PTR", 12},
                                                                   {"MX", 15},
                                                                   {"TXT", 16},
                                                                   {"AAAA", 28},
                                                                   {"SRV", 33},
                                                                   {"ANY", 255}}};
/// RFC 1035 section 4.1.1.
constexpr std::array<std::pair<const char*, int>, 6> kRcodes{
    {{"NOERROR", 0}, {"FORMERR", 1}, {"SERVFAIL", 2}, {"NXDOMAIN", 3}, {"NOTIMP", 4}, {"REFUSED", 5}}};

template <typename T, size_t kCount>
T Chosen(const YamlValue& value, const std::array<std::pair<const char*, T>, kCount>& choices) {
  const std::string text = value.String();
  std::string allowed;
  for (const auto& [name, choice] : choices) {
    if (text == name) return choice;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  value.Fail("must be one of " + allowed);
}

Regex ReadRegex(const YamlValue& value) {
  auto regex = std::make_shared<const re2::RE2>(value.String(), re2::RE2::Quiet);
  if (!regex->ok()) value.Fail("not a regular expression: " + regex->error());
  return regex;
}

std::vector<Regex> ReadRegexes(YamlMap& map, const char* name) {
  std::vector<Regex> regexes;
  if (const auto list = map.Find(name)) {
    for (const YamlValue& entry : list->List()) regexes.push_back(ReadRegex(entry));
  }
  return regexes;
}

/// Header fields and request lines are sent as they are: a line end in them would begin another.
std::string OneLine(const YamlValue& value) {
  std::string text = value.String();
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) value.Fail("must be one line");
  return text;
}

HttpProbe ReadHttp(YamlMap map, const std::string& directory) {
  HttpProbe http;
  if (const auto method = map.Find("method")) http.method = OneLine(*method);
  if (const auto body = map.Find("body")) http.body = body->String();
  if (const auto codes = map.Find("valid_status_codes")) {
    for (const YamlValue& code : codes->List()) {
      const uint64_t number = code.Count();
      if (number < 100 || number > 599) code.Fail("must be a status from 100 to 599");
      http.valid_status_codes.push_back(static_cast<int>(number));
    }
  }
  if (const auto headers = map.Find("headers")) {
    for (const auto& [name, value] : headers->Entries()) {
      if (name.empty() || name.find_first_of(std::string_view(":\r\n \0", 5)) != std::string::npos)
        value.Fail("is no header field's name");
      http.headers.emplace_back(name, OneLine(value));
    }
  }
  http.fail_if_body_matches = ReadRegexes(map, "fail_if_body_matches_regexp");
  http.fail_if_body_not_matches = ReadRegexes(map, "fail_if_body_not_matches_regexp");
  if (const auto field = map.Find("fail_if_ssl")) http.fail_if_ssl = field->Bool();
  if (const auto field = map.Find("fail_if_not_ssl")) http.fail_if_not_ssl = field->Bool();
  http.client = config::ParseHttpClientConfig(map, directory);
  if (!http.client.tls.server_name.empty()) map.Fail("tls_config.server_name: a probe takes the name from its target");
  map.Finish();
  return http;
}

StreamProbe ReadStream(YamlMap map, bool with_tls, const std::string& directory) {
  StreamProbe stream;
  if (const auto steps = map.Find("query_response")) {
    for (const YamlValue& entry : steps->List()) {
      YamlMap fields = entry.Map();
      StreamProbe::Step& step = stream.query_response.emplace_back();
      if (const auto expect = fields.Find("expect")) step.expect = ReadRegex(*expect);
      if (const auto send = fields.Find("send")) step.send = send->String() + "\n";
      fields.Finish();
    }
  }
  if (with_tls) {
    if (const auto tls = map.Find("tls")) stream.tls = tls->Bool();
    if (const auto tls = map.Find("tls_config")) stream.tls_config = config::ParseTlsConfig(*tls, directory);
  }
  map.Finish();
  return stream;
}

DnsProbe ReadDns(YamlMap map) {
  DnsProbe dns;
  dns.query_name = OneLine(map.Require("query_name"));
  if (const auto type = map.Find("query_type")) dns.query_type = static_cast<uint16_t>(Chosen(*type, kQueryTypes));
  if (const auto rcodes = map.Find("valid_rcodes")) {
    dns.valid_rcodes.clear();
    for (const YamlValue& rcode : rcodes->List()) dns.valid_rcodes.push_back(Chosen(rcode, kRcodes));
  }
  if (const auto transport = map.Find("transport_protocol")) {
    dns.over_tcp = Chosen(*transport, std::array<std::pair<const char*, int>, 2>{{{"udp", 0}, {"tcp", 1}}}) == 1;
  }
  map.Finish();
  return dns;
}

void CheckTarget(Prober prober, const YamlValue& target) {
  const std::string text = OneLine(target);
  if (prober == Prober::kHttp && !text.starts_with("http://") && !text.starts_with("https://"))
    target.Fail("must begin with http:// or https://");
  if (prober == Prober::kUnix && !text.starts_with('/')) target.Fail("must be a socket's path that begins with \"/\"");
  // The port is what follows the last colon; one in brackets or of a bare IPv6 address is none.
  const size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string::npos && colon + 1 < text.size() && text.find(']', colon) == std::string::npos;
  if (prober == Prober::kTcp && !has_port) target.Fail("must be host:port");
  if (text.empty()) target.Fail("must not be empty");
}

}  // namespace

const char* ProberName(Prober prober) {
  return std::ranges::find(kProbers, prober, [](const auto& pair) { return pair.second; })->first;
}

ProbeConfig ParseProbe(const YamlValue& value, const std::string& directory) {
  YamlMap map = value.Map();
  ProbeConfig probe{.interval_ms = kDefaultIntervalMs, .http = {}, .stream = {}, .dns = {}};
  probe.prober = Chosen(map.Require("prober"), kProbers);
  const YamlValue target = map.Require("target");
  CheckTarget(probe.prober, target);
  probe.target = target.String();
  if (const auto interval = map.Find("interval")) {
    probe.interval_ms = interval->DurationMs();
    if (probe.interval_ms < kLeastIntervalMs) interval->Fail("must be at least 1s");
  }
  probe.timeout_ms = std::min(kDefaultTimeoutMs, probe.interval_ms);
  if (const auto timeout = map.Find("timeout")) {
    probe.timeout_ms = timeout->DurationMs();
    if (probe.timeout_ms <= 0 || probe.timeout_ms > probe.interval_ms)
      timeout->Fail("must be more than 0 and at most the interval");
  }
  // Only the section that the prober reads; Finish names another as unknown.
  const auto section = map.Find(ProberName(probe.prober));
  if (probe.prober == Prober::kDns && !section) map.Fail("field \"dns\" with the query_name is missing");
  if (section) {
    switch (probe.prober) {
      case Prober::kHttp:
        probe.http = ReadHttp(section->Map(), directory);
        break;
      case Prober::kTcp:
        probe.stream = ReadStream(section->Map(), true, directory);
        break;
      case Prober::kUnix:
        probe.stream = ReadStream(section->Map(), false, directory);
        break;
      case Prober::kDns:
        probe.dns = ReadDns(section->Map());
        break;
      case Prober::kIcmp:
        section->Map().Finish();
        break;
    }
  }
  map.Finish();
  return probe;
}

}  // namespace tidemark::exporter::probes
