// The kernel's load balancer, from /proc/net/ip_vs and ip_vs_stats (net/netfilter/ipvs/ip_vs_ctl.c; hexadecimal).

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <vector>

#include "common/file.h"
#include "common/ip_address.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kBackendLabels = "collector.ipvs.backend-labels";
constexpr std::array<const char*, 6> kLabels{"local_address", "local_mark",     "local_port",
                                             "proto",         "remote_address", "remote_port"};

constexpr FlagSpec kFlags[] = {
    {kBackendLabels, "local_address,local_port,remote_address,remote_port,proto,local_mark",
     "Comma separated list of labels of the backend metrics"},
};

/// "C0A8000A:0CEA" or "[2620:0000:…:0001]:0CEA" as texts.
bool ParseEndpoint(std::string_view text, std::string& address, std::string& port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto number = procfs::ParseHexadecimal(text.substr(colon + 1));
  if (!number || *number > 0xFFFF) return false;
  port = std::to_string(*number);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    in6_addr parsed{};
    const std::string inner(host.substr(1, host.size() - 2));
    if (::inet_pton(AF_INET6, inner.c_str(), &parsed) != 1) return false;
    address = IpAddressText(AF_INET6, &parsed);
    return true;
  }
  const auto bits = procfs::ParseHexadecimal(host);
  constexpr size_t kDigits = 8;
  if (!bits || host.size() != kDigits) return false;
  const in_addr parsed{htonl(static_cast<uint32_t>(*bits))};
  address = IpAddressText(AF_INET, &parsed);
  return true;
}

struct Backend {
  double active = 0;
  double inactive = 0;
  double weight = 0;
};

class IpvsCollector final : public Collector {
 public:
  explicit IpvsCollector(const CollectorContext& context)
      : backends_path_(context.paths.Proc("net/ip_vs")), totals_path_(context.paths.Proc("net/ip_vs_stats")) {
    std::string_view rest = context.Flag(kBackendLabels);
    while (!rest.empty()) {
      const std::string_view label = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(label.size() + 1, rest.size()));
      const auto known = std::ranges::find(kLabels, label);
      if (known == kLabels.end()) {
        throw std::invalid_argument("--" + std::string(kBackendLabels) + ": unknown label \"" + std::string(label) +
                                    "\"");
      }
      shown_[static_cast<size_t>(known - kLabels.begin())] = true;
    }
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    const int error = ReadFile(totals_path_, 64 << 10, content_);
    if (error == ENOENT) return CollectStatus::NoDriver("no load balancer: " + totals_path_);
    if (error != 0) return CollectStatus::Unreadable(totals_path_, error);
    if (!WriteTotals(writer)) return CollectStatus::Failed("malformed line in " + totals_path_);
    if (const int backends_error = ReadFile(backends_path_, 64 << 20, content_); backends_error != 0)
      return CollectStatus::Unreadable(backends_path_, backends_error);
    std::map<Key, Backend> backends;
    if (!ReadBackends(backends)) return CollectStatus::Failed("malformed line in " + backends_path_);
    Write(writer, backends, "node_ipvs_backend_connections_active",
          "The current active connections by local and remote address.", &Backend::active);
    Write(writer, backends, "node_ipvs_backend_connections_inactive",
          "The current inactive connections by local and remote address.", &Backend::inactive);
    Write(writer, backends, "node_ipvs_backend_weight", "The current backend weight by local and remote address.",
          &Backend::weight);
    return CollectStatus::Ok();
  }

 private:
  /// Values of kLabels; those that are not shown are empty, so that backends which differ only there are added up.
  using Key = std::array<std::string, kLabels.size()>;

  bool WriteTotals(exposition::Writer& writer) const {
    procfs::Scanner scanner(content_);
    for (int line = 0; line < 3; ++line) {
      if (!scanner.NextLine()) return false;
    }
    constexpr std::array<std::array<const char*, 2>, 5> kTotals{
        {{"node_ipvs_connections_total", "The total number of connections made."},
         {"node_ipvs_incoming_packets_total", "The total number of incoming packets."},
         {"node_ipvs_outgoing_packets_total", "The total number of outgoing packets."},
         {"node_ipvs_incoming_bytes_total", "The total amount of incoming data."},
         {"node_ipvs_outgoing_bytes_total", "The total amount of outgoing data."}}};
    for (const auto& [name, help] : kTotals) {
      const auto value = procfs::ParseHexadecimal(scanner.NextField());
      if (!value) return false;
      writer.Single(name, help, MetricType::kCounter, static_cast<double>(*value));
    }
    return true;
  }

  bool ReadBackends(std::map<Key, Backend>& backends) const {
    procfs::Scanner scanner(content_);
    std::string protocol;
    std::string mark;
    std::string local_address;
    std::string local_port;
    while (scanner.NextLine()) {
      const std::string_view first = scanner.NextField();
      const std::string_view second = scanner.NextField();
      if (first == "TCP" || first == "UDP") {
        protocol = first;
        mark.clear();
        if (!ParseEndpoint(second, local_address, local_port)) return false;
      } else if (first == "FWM") {
        protocol = first;
        mark = second;
        local_address.clear();
        local_port = "0";
      } else if (first == "->" && second != "RemoteAddress:Port") {
        std::string remote_address;
        std::string remote_port;
        if (!ParseEndpoint(second, remote_address, remote_port)) return false;
        scanner.NextField();  // how packets are forwarded
        const auto weight = procfs::ParseUnsigned(scanner.NextField());
        const auto active = procfs::ParseUnsigned(scanner.NextField());
        const auto inactive = procfs::ParseUnsigned(scanner.NextField());
        if (!weight || !active || !inactive) return false;
        Key key{local_address, mark, local_port, protocol, remote_address, remote_port};
        for (size_t i = 0; i < key.size(); ++i) {
          if (!shown_[i]) key[i].clear();
        }
        Backend& backend = backends[key];
        backend.active += static_cast<double>(*active);
        backend.inactive += static_cast<double>(*inactive);
        backend.weight += static_cast<double>(*weight);
      }
    }
    return true;
  }

  void Write(exposition::Writer& writer, const std::map<Key, Backend>& backends, const char* name, const char* help,
             double Backend::*value) const {
    if (backends.empty()) return;
    writer.Family(name, help, MetricType::kGauge);
    std::vector<exposition::Label> labels;
    for (const auto& [key, backend] : backends) {
      labels.clear();
      for (size_t i = 0; i < key.size(); ++i) {
        if (shown_[i]) labels.push_back({kLabels[i], key[i]});
      }
      writer.Sample(labels, backend.*value);
    }
  }

  const std::string backends_path_;
  const std::string totals_path_;
  std::array<bool, kLabels.size()> shown_{};
  std::string content_;
};

TIDEMARK_COLLECTOR(ipvs,
                   {.name = "ipvs", .enabled_by_default = true, .flags = kFlags, .create = Create<IpvsCollector>});

}  // namespace
}  // namespace tidemark::exporter
