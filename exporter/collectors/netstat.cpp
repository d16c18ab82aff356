// Protocol counters of the network stack, from /proc/net/netstat, snmp and snmp6.

#include <re2/re2.h>

#include <map>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

constexpr const char* kFields = "collector.netstat.fields";

constexpr FlagSpec kFlags[] = {
    {kFields,
     "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
     "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)|"
     "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
     "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
     "Regular expression of the fields to return"},
};

class NetstatCollector final : public Collector {
 public:
  explicit NetstatCollector(const CollectorContext& context)
      : netstat_file_(context.paths.Proc("net/netstat"), procfs::KernelFile::Pieces::kOne),
        snmp_file_(context.paths.Proc("net/snmp"), procfs::KernelFile::Pieces::kOne),
        snmp6_file_(context.paths.Proc("net/snmp6"), procfs::KernelFile::Pieces::kOne),
        wanted_(context.Pattern(kFields)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    for (procfs::KernelFile* file : {&netstat_file_, &snmp_file_}) {
      if (const int error = ReadFile(*file, 1 << 20, content_); error != 0)
        return CollectStatus::Unreadable(file->path(), error);
      if (CollectStatus status = WritePairedLines(file->path(), writer); status.kind != CollectStatus::Kind::kOk)
        return status;
    }
    // Without IPv6 there is no such file.
    if (ReadFile(snmp6_file_, 1 << 20, content_) != 0) return CollectStatus::Ok();
    return WriteSnmp6(writer);
  }

 private:
  /// Which fields of a line are wanted, worked out when its header changes, which is hardly ever.
  struct Selection {
    std::string header;
    struct Field {
      size_t position = 0;
      std::string metric;
      std::string help;
    };
    std::vector<Field> fields;
  };

  void Select(std::string_view protocol, std::string_view header, Selection& selection) const {
    selection.header = header;
    selection.fields.clear();
    procfs::Scanner scanner(header);
    scanner.NextLine();
    scanner.NextField();  // the protocol
    size_t position = 0;
    for (auto name = scanner.NextField(); !name.empty(); name = scanner.NextField(), ++position)
      AddField(protocol, name, position, selection);
  }

  void AddField(std::string_view protocol, std::string_view name, size_t position, Selection& selection) const {
    const std::string key = std::string(protocol) + "_" + std::string(name);
    if (wanted_ && !RE2::PartialMatch(key, *wanted_)) return;
    selection.fields.push_back(
        {position, "node_netstat_" + key, "Statistic " + std::string(protocol) + std::string(name) + "."});
  }

  /// Two lines a protocol: "Tcp: RtoAlgorithm RtoMin …", "Tcp: 1 200 …".
  CollectStatus WritePairedLines(const std::string& path, exposition::Writer& writer) {
    procfs::Scanner headers(content_);
    procfs::Scanner values(content_);
    while (headers.NextLine()) {
      const std::string_view header = headers.rest();
      std::string_view protocol = headers.NextField();
      if (!headers.NextLine()) return CollectStatus::Failed("a line without values in " + path);
      values.NextLine();
      values.NextLine();
      if (protocol.empty() || values.NextField() != protocol)
        return CollectStatus::Failed("lines that do not belong together in " + path);
      protocol.remove_suffix(protocol.ends_with(':') ? 1 : 0);
      Selection& selection = selections_.try_emplace(std::string(protocol)).first->second;
      if (selection.header != header) Select(protocol, header, selection);
      size_t position = 0;
      for (const Selection::Field& field : selection.fields) {
        std::string_view text;
        for (; position <= field.position; ++position) text = values.NextField();
        const auto value = procfs::ParseDecimal(text);
        if (!value) return CollectStatus::Failed("no number for " + field.metric + " in " + path);
        writer.Single(field.metric, field.help, exposition::MetricType::kUntyped, *value);
      }
    }
    return CollectStatus::Ok();
  }

  /// A line a field: "Ip6InReceives 7". Lines keep their places, so that each remembers whether it is wanted.
  CollectStatus WriteSnmp6(exposition::Writer& writer) {
    procfs::Scanner scanner(content_);
    for (size_t line = 0; scanner.NextLine(); ++line) {
      if (snmp6_.size() <= line) snmp6_.resize(line + 1);
      Selection& selection = snmp6_[line];
      if (!scanner.IsNext(selection.header)) {
        const std::string_view key = procfs::Scanner(scanner).NextField();
        const size_t six = key.find('6');
        selection = {std::string(key), {}};
        if (six != std::string_view::npos) AddField(key.substr(0, six + 1), key.substr(six + 1), 0, selection);
      }
      if (selection.fields.empty()) continue;
      scanner.NextField();
      const std::string_view text = scanner.NextField();
      if (text.empty()) continue;
      const auto value = procfs::ParseDecimal(text);
      if (!value) return CollectStatus::Failed("no number for " + selection.header + " in " + snmp6_file_.path());
      writer.Single(selection.fields[0].metric, selection.fields[0].help, exposition::MetricType::kUntyped, *value);
    }
    return CollectStatus::Ok();
  }

  procfs::KernelFile netstat_file_;
  procfs::KernelFile snmp_file_;
  procfs::KernelFile snmp6_file_;
  const std::unique_ptr<RE2> wanted_;
  std::string content_;
  std::map<std::string, Selection, std::less<>> selections_;
  std::vector<Selection> snmp6_;
};

TIDEMARK_COLLECTOR(
    netstat, {.name = "netstat", .enabled_by_default = true, .flags = kFlags, .create = Create<NetstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
