// Calls that the kernel's NFS server answers, from /proc/net/rpc/nfsd (the kernel's fs/nfsd/stats.c).

#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/rpc_statistics.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

/// Operations of version 4 (RFC 7530, section 16) from number 3 on; null for those that are not on the page.
constexpr const char* kOperations[] = {
    "Access",   "Close",     "Commit", "Create",  "DelegPurge", "DelegReturn", "GetAttr",  "GetFH",       "Link",
    "Lock",     "Lockt",     "Locku",  "Lookup",  "LookupRoot", "Nverify",     "Open",     "OpenAttr",    "OpenConfirm",
    "OpenDgrd", "PutFH",     nullptr,  nullptr,   "Read",       "ReadDir",     "ReadLink", "Remove",      "Rename",
    "Renew",    "RestoreFH", "SaveFH", "SecInfo", "SetAttr",    "Verify",      "Write",    "RelLockOwner"};
constexpr size_t kFirstOperation = 3;

struct Number {
  const char* line;
  size_t index;
  const char* metric;
  const char* help;
  MetricType type = MetricType::kCounter;
};
constexpr Number kNumbers[] = {
    {"rc", 0, "node_nfsd_reply_cache_hits_total",
     "Total number of NFSd Reply Cache hits (client lost server response)."},
    {"rc", 1, "node_nfsd_reply_cache_misses_total",
     "Total number of NFSd Reply Cache an operation that requires caching (idempotent)."},
    {"rc", 2, "node_nfsd_reply_cache_nocache_total",
     "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…)."},
    {"fh", 0, "node_nfsd_file_handles_stale_total", "Total number of NFSd stale file handles"},
    {"io", 0, "node_nfsd_disk_bytes_read_total", "Total NFSd bytes read."},
    {"io", 1, "node_nfsd_disk_bytes_written_total", "Total NFSd bytes written."},
    {"th", 0, "node_nfsd_server_threads", "Total number of NFSd kernel threads that are running.", MetricType::kGauge},
    {"ra", 0, "node_nfsd_read_ahead_cache_size_blocks", "How large the read ahead cache is in blocks.",
     MetricType::kGauge},
    {"ra", 11, "node_nfsd_read_ahead_cache_not_found_total", "Total number of NFSd read ahead cache not found."},
    {"net", 3, "node_nfsd_connections_total", "Total number of NFSd TCP connections."},
    {"rpc", 0, "node_nfsd_server_rpcs_total", "Total number of NFSd RPCs."},
};

class NfsdCollector final : public Collector {
 public:
  explicit NfsdCollector(const CollectorContext& context) : path_(context.paths.Proc("net/rpc/nfsd")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const int error = ReadFile(path_, 1 << 20, content_);
    if (error == ENOENT) return CollectStatus::NoDriver("no NFS server: " + path_);
    if (error != 0) return CollectStatus::Unreadable(path_, error);
    procfs::RpcStatistics lines;
    if (!procfs::ParseRpcStatistics(content_, lines)) return CollectStatus::Failed("malformed line in " + path_);
    const auto value = [&](const char* line, size_t index) { return procfs::RpcValue(lines, line, index); };
    for (const Number& number : kNumbers)
      writer.Single(number.metric, number.help, number.type, value(number.line, number.index));
    writer.Family("node_nfsd_packets_total", "Total NFSd network packets (sent+received) by protocol type.",
                  MetricType::kCounter);
    writer.Sample({{"proto", "udp"}}, value("net", 1));
    writer.Sample({{"proto", "tcp"}}, value("net", 2));
    writer.Family("node_nfsd_rpc_errors_total", "Total number of NFSd RPC errors by error type.", MetricType::kCounter);
    writer.Sample({{"error", "fmt"}}, value("rpc", 2));
    writer.Sample({{"error", "auth"}}, value("rpc", 3));
    writer.Sample({{"error", "cInt"}}, value("rpc", 4));
    WriteRequests(writer, lines);
    return CollectStatus::Ok();
  }

 private:
  static void WriteRequests(exposition::Writer& writer, const procfs::RpcStatistics& lines) {
    writer.Family("node_nfsd_requests_total", "Total number NFSd Requests by method and protocol.",
                  MetricType::kCounter);
    // The first number of these lines says how many follow.
    for (const int version : {2, 3}) {
      const std::string number = std::to_string(version);
      size_t index = 1;
      for (const std::string_view method : procfs::NfsProcedures(version)) {
        const double value = procfs::RpcValue(lines, version == 2 ? "proc2" : "proc3", index++);
        // Nobody counts pings.
        if (method != "Null") writer.Sample({{"method", method}, {"proto", number}}, value);
      }
    }
    size_t index = 1 + kFirstOperation;
    for (const char* operation : kOperations) {
      const double value = procfs::RpcValue(lines, "proc4ops", index++);
      if (operation != nullptr) writer.Sample({{"method", operation}, {"proto", "4"}}, value);
    }
  }

  const std::string path_;
  std::string content_;
};

TIDEMARK_COLLECTOR(nfsd, {.name = "nfsd", .enabled_by_default = true, .flags = {}, .create = Create<NfsdCollector>});

}  // namespace
}  // namespace tidemark::exporter
