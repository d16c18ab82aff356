// NFS mounts as this client sees them, from /proc/self/mountstats (the kernel's fs/nfs/super.c nfs_show_stats and
// net/sunrpc/xprtsock.c xs_tcp_print_stats).

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr size_t kMaxBytes = size_t{16} << 20;
constexpr double kMillisecondsPerSecond = 1e3;

struct Statistic {
  const char* name;
  const char* help;
  MetricType type = MetricType::kCounter;
};

/// The numbers of "bytes:".
constexpr std::array<Statistic, 8> kBytes{
    {{"read_bytes_total", "Number of bytes read using the read() syscall."},
     {"write_bytes_total", "Number of bytes written using the write() syscall."},
     {"direct_read_bytes_total", "Number of bytes read using the read() syscall in O_DIRECT mode."},
     {"direct_write_bytes_total", "Number of bytes written using the write() syscall in O_DIRECT mode."},
     {"total_read_bytes_total", "Number of bytes read from the NFS server, in total."},
     {"total_write_bytes_total", "Number of bytes written to the NFS server, in total."},
     {"read_pages_total", "Number of pages read directly via mmap()'d files."},
     {"write_pages_total", "Number of pages written directly via mmap()'d files."}}};

/// The numbers of "events:"; the one without a name is not written.
constexpr std::array<Statistic, 27> kEvents{{
    {"event_inode_revalidate_total", "Number of times cached inode attributes are re-validated from the server."},
    {"event_dnode_revalidate_total", "Number of times cached dentry nodes are re-validated from the server."},
    {"event_data_invalidate_total", "Number of times an inode cache is cleared."},
    {"event_attribute_invalidate_total", "Number of times cached inode attributes are invalidated."},
    {"event_vfs_open_total", "Number of times cached inode attributes are invalidated."},
    {"event_vfs_lookup_total", "Number of times a directory lookup has occurred."},
    {"event_vfs_access_total", "Number of times permissions have been checked."},
    {"event_vfs_update_page_total", "Number of updates (and potential writes) to pages."},
    {"event_vfs_read_page_total", "Number of pages read directly via mmap()'d files."},
    {"event_vfs_read_pages_total", "Number of times a group of pages have been read."},
    {"event_vfs_write_page_total", "Number of pages written directly via mmap()'d files."},
    {"event_vfs_write_pages_total", "Number of times a group of pages have been written."},
    {"event_vfs_getdents_total", "Number of times directory entries have been read with getdents()."},
    {"event_vfs_setattr_total", "Number of times directory entries have been read with getdents()."},
    {"event_vfs_flush_total", "Number of pending writes that have been forcefully flushed to the server."},
    {"event_vfs_fsync_total", "Number of times fsync() has been called on directories and files."},
    {"event_vfs_lock_total", "Number of times locking has been attempted on a file."},
    {"event_vfs_file_release_total", "Number of times files have been closed and released."},
    {nullptr, nullptr},  // congestion_wait
    {"event_truncation_total", "Number of times files have been truncated."},
    {"event_write_extension_total", "Number of times a file has been grown due to writes beyond its existing end."},
    {"event_silly_rename_total", "Number of times a file was removed while still open by another process."},
    {"event_short_read_total", "Number of times the NFS server gave less data than expected while reading."},
    {"event_short_write_total", "Number of times the NFS server wrote less data than expected while writing."},
    {"event_jukebox_delay_total",
     "Number of times the NFS server indicated EJUKEBOX; retrieving data from offline storage."},
    {"event_pnfs_read_total", "Number of NFS v4.1+ pNFS reads."},
    {"event_pnfs_write_total", "Number of NFS v4.1+ pNFS writes."},
}};

/// The numbers of "xprt:" after the protocol, as TCP has them.
constexpr std::array<Statistic, 13> kTransport{{
    {nullptr, nullptr},  // port
    {"transport_bind_total",
     "Number of times the client has had to establish a connection from scratch to the NFS server."},
    {"transport_connect_total", "Number of times the client has made a TCP connection to the NFS server."},
    {nullptr, nullptr},  // time spent connecting
    {"transport_idle_time_seconds", "Duration since the NFS mount last saw any RPC traffic, in seconds.",
     MetricType::kGauge},
    {"transport_sends_total", "Number of RPC requests for this mount sent to the NFS server."},
    {"transport_receives_total", "Number of RPC responses for this mount received from the NFS server."},
    {"transport_bad_transaction_ids_total",
     "Number of times the NFS server sent a response with a transaction ID unknown to this client."},
    {nullptr, nullptr},  // requests under way, added up
    {"transport_backlog_queue_total", "Total number of items added to the RPC backlog queue."},
    {"transport_maximum_rpc_slots", "Maximum number of simultaneously active RPC requests ever used.",
     MetricType::kGauge},
    {"transport_sending_queue_total", "Total number of items added to the RPC transmission sending queue."},
    {"transport_pending_queue_total", "Total number of items added to the RPC transmission pending queue."},
}};
/// UDP has no connections: these three are not in its line.
constexpr size_t kFirstOfConnection = 2;
constexpr size_t kConnectionNumbers = 3;
/// The last three came with version 1.1.
constexpr size_t kNumbersSince11 = 3;

/// The numbers of an operation. Times are in milliseconds there, in seconds here.
constexpr std::array<Statistic, 8> kOperation{{
    {"operations_requests_total", "Number of requests performed for a given operation."},
    {"operations_transmissions_total",
     "Number of times an actual RPC request has been transmitted for a given operation."},
    {"operations_major_timeouts_total", "Number of times a request has had a major timeout for a given operation."},
    {"operations_sent_bytes_total", "Number of bytes sent for a given operation, including RPC headers and payload."},
    {"operations_received_bytes_total",
     "Number of bytes received for a given operation, including RPC headers and payload."},
    {"operations_queue_time_seconds_total",
     "Duration all requests spent queued for transmission for a given operation before they were sent, in seconds."},
    {"operations_response_time_seconds_total",
     "Duration all requests took to get a reply back after a request for a given operation was transmitted, in "
     "seconds."},
    {"operations_request_time_seconds_total",
     "Duration all requests took from when a request was enqueued to when it was completely handled for a given "
     "operation, in seconds."},
}};
constexpr size_t kFirstOfTimes = 5;

struct Mount {
  std::string device;
  std::string protocol;
  double age_seconds = 0;
  std::array<double, kBytes.size()> bytes{};
  std::array<double, kEvents.size()> events{};
  std::array<double, kTransport.size()> transport{};
  std::map<std::string, std::array<double, kOperation.size()>, std::less<>> operations;
};

/// The fields that are left of the line, as numbers; false when one is none.
bool ReadNumbers(procfs::Scanner& scanner, std::vector<uint64_t>& numbers) {
  numbers.clear();
  for (std::string_view field = scanner.NextField(); !field.empty(); field = scanner.NextField()) {
    const auto number = procfs::ParseUnsigned(field);
    if (!number) return false;
    numbers.push_back(*number);
  }
  return true;
}

template <size_t kCount>
bool ReadFirst(procfs::Scanner& scanner, std::vector<uint64_t>& numbers, std::array<double, kCount>& first) {
  if (!ReadNumbers(scanner, numbers) || numbers.size() < kCount) return false;
  for (size_t i = 0; i < kCount; ++i) first[i] = static_cast<double>(numbers[i]);
  return true;
}

class MountstatsCollector final : public Collector {
 public:
  explicit MountstatsCollector(const CollectorContext& context)
      : path_(context.paths.Proc("self/mountstats")), info_path_(context.paths.Proc("self/mountinfo")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(path_, kMaxBytes, content_); error != 0)
      return CollectStatus::Unreadable(path_, error);
    if (const int error = ReadFile(info_path_, kMaxBytes, info_content_); error != 0)
      return CollectStatus::Unreadable(info_path_, error);
    std::vector<std::string> addresses;
    if (!ReadServerAddresses(addresses)) return CollectStatus::Failed("line with too few fields in " + info_path_);
    procfs::Scanner scanner(content_);
    SampleTable samples;
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    size_t index = 0;  // both files list the same mounts
    while (scanner.NextLine()) {
      if (scanner.NextField() != "device") continue;
      const std::string address = index < addresses.size() ? addresses[index] : "";
      ++index;
      Mount mount;
      std::string version;
      if (!ReadDevice(scanner, mount.device, version)) return Malformed("device");
      if (version.empty()) continue;  // not NFS
      if (const char* const key = ReadMount(scanner, version, mount); key != nullptr) return Malformed(key);
      if (seen.emplace(mount.device, mount.protocol, address).second) Add(mount, address, samples);
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  [[nodiscard]] CollectStatus Malformed(const char* key) const {
    return CollectStatus::Failed("malformed \"" + std::string(key) + "\" line in " + path_);
  }

  /// Of each mount the option addr=: the server's address. False when a line is cut short.
  [[nodiscard]] bool ReadServerAddresses(std::vector<std::string>& addresses) const {
    constexpr std::string_view kOption = "addr=";
    constexpr size_t kMinFields = 10;  // proc(5): of eleven one is optional
    procfs::Scanner scanner(info_content_);
    while (scanner.NextLine()) {
      std::string_view options;
      size_t fields = 0;
      for (std::string_view field = scanner.NextField(); !field.empty(); field = scanner.NextField(), ++fields)
        options = field;
      if (fields < kMinFields) return false;
      std::string& address = addresses.emplace_back();
      while (!options.empty()) {
        const std::string_view option = options.substr(0, options.find(','));
        if (option.starts_with(kOption)) address = option.substr(kOption.size());
        options.remove_prefix(std::min(option.size() + 1, options.size()));
      }
    }
    return true;
  }

  /// "device DEVICE mounted on DIRECTORY with fstype TYPE [statvers=VERSION]". `version` stays empty without
  /// statistics.
  static bool ReadDevice(procfs::Scanner& scanner, std::string& device, std::string& version) {
    constexpr std::string_view kVersion = "statvers=";
    device = scanner.NextField();
    for (const std::string_view word : {"mounted", "on"}) {
      if (scanner.NextField() != word) return false;
    }
    scanner.NextField();  // the directory
    for (const std::string_view word : {"with", "fstype"}) {
      if (scanner.NextField() != word) return false;
    }
    const std::string_view type = scanner.NextField();
    if (type.empty()) return false;
    std::string_view given = scanner.NextField();
    if (given.empty()) return true;
    if (type != "nfs" && type != "nfs4") return false;
    if (given.starts_with(kVersion)) given.remove_prefix(kVersion.size());
    version = given;
    return true;
  }

  /// The lines of one mount, to the blank one after it. Returns what the line that makes no sense begins with, or null.
  const char* ReadMount(procfs::Scanner& scanner, std::string_view version, Mount& mount) {
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      if (key.empty()) return nullptr;
      if (key == "age:") {
        const auto seconds = procfs::ParseUnsigned(scanner.NextField());
        if (!seconds) return "age:";
        mount.age_seconds = static_cast<double>(*seconds);
      } else if (key == "bytes:") {
        if (!ReadFirst(scanner, numbers_, mount.bytes)) return "bytes:";
      } else if (key == "events:") {
        if (!ReadFirst(scanner, numbers_, mount.events)) return "events:";
      } else if (key == "xprt:") {
        if (!ReadTransport(scanner, version, mount)) return "xprt:";
      } else if (key == "per-op") {
        return ReadOperations(scanner, mount) ? nullptr : "per-op statistics";
      }
    }
    return nullptr;
  }

  bool ReadTransport(procfs::Scanner& scanner, std::string_view version, Mount& mount) {
    mount.protocol = scanner.NextField();
    if (!ReadNumbers(scanner, numbers_)) return false;
    size_t expected = kTransport.size();
    if (mount.protocol == "udp") {
      expected -= kConnectionNumbers;
    } else if (mount.protocol != "tcp") {
      return false;
    }
    if (version == "1.0") {
      expected -= kNumbersSince11;
    } else if (version != "1.1") {
      return false;
    }
    if (numbers_.size() != expected) return false;
    if (mount.protocol == "udp") numbers_.insert(numbers_.begin() + kFirstOfConnection, kConnectionNumbers, 0);
    mount.transport.fill(0);
    for (size_t i = 0; i < numbers_.size(); ++i) mount.transport[i] = static_cast<double>(numbers_[i]);
    return true;
  }

  bool ReadOperations(procfs::Scanner& scanner, Mount& mount) {
    while (scanner.NextLine()) {
      std::string_view name = scanner.NextField();
      if (name.empty()) return true;
      if (name.ends_with(':')) name.remove_suffix(1);
      std::array<double, kOperation.size()>& values = mount.operations[std::string(name)];
      if (!ReadFirst(scanner, numbers_, values)) return false;
      // Some kernels write times that were negative as 64 bits without a sign: as in node_exporter, what a double
      // cannot hold goes.
      constexpr uint64_t kBound = uint64_t{1} << 53;
      for (size_t i = kFirstOfTimes; i < values.size(); ++i)
        values[i] = static_cast<double>(numbers_[i] % kBound) / kMillisecondsPerSecond;
    }
    return true;
  }

  static void Add(const Mount& mount, const std::string& address, SampleTable& samples) {
    const SampleTable::LabelList labels{{"export", mount.device}, {"mountaddr", address}, {"protocol", mount.protocol}};
    const auto add = [&](const Statistic& statistic, const SampleTable::LabelList& of, double value) {
      if (statistic.name != nullptr)
        samples.Add(std::string("node_mountstats_nfs_") + statistic.name, statistic.help, statistic.type, of, value);
    };
    add({"age_seconds_total", "The age of the NFS mount in seconds."}, labels, mount.age_seconds);
    for (size_t i = 0; i < kBytes.size(); ++i) add(kBytes[i], labels, mount.bytes[i]);
    for (size_t i = 0; i < kEvents.size(); ++i) add(kEvents[i], labels, mount.events[i]);
    for (size_t i = 0; i < kTransport.size(); ++i) add(kTransport[i], labels, mount.transport[i]);
    for (const auto& [operation, values] : mount.operations) {
      SampleTable::LabelList of = labels;
      of.emplace_back("operation", operation);
      for (size_t i = 0; i < kOperation.size(); ++i) add(kOperation[i], of, values[i]);
    }
  }

  const std::string path_;
  const std::string info_path_;
  std::string content_;
  std::string info_content_;
  std::vector<uint64_t> numbers_;
};

TIDEMARK_COLLECTOR(mountstats, {.name = "mountstats",
                                .enabled_by_default = false,
                                .flags = {},
                                .create = Create<MountstatsCollector>});

}  // namespace
}  // namespace tidemark::exporter
