#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/exposition/writer.h"
#include "common/log.h"
#include "exporter/shared_reads.h"

namespace re2 {
class RE2;
}

namespace tidemark::exporter {

/// Where the kernel's files are; elsewhere than usual in containers and tests.
struct Paths {
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  std::string rootfs = "/";
  std::string udev_data = "/run/udev/data";

  [[nodiscard]] std::string Proc(std::string_view path) const;
  [[nodiscard]] std::string Sys(std::string_view path) const;
};

/// A flag that belongs to one collector: declared in its file, read through CollectorContext.
struct FlagSpec {
  const char* name;  ///< without the dashes: "collector.textfile.directory"
  const char* default_value;
  const char* help;
  bool is_switch = false;          ///< takes no value: --NAME / --no-NAME, values "true" and "false"
  bool is_list = false;            ///< may be given several times: values are joined by line ends
  const char* old_name = nullptr;  ///< an earlier name that node_exporter 1.5 still takes, with a warning
};

/// What a collector gets when it is made.
struct CollectorContext {
  const Paths& paths;
  const Logger& logger;
  const std::map<std::string, std::string, std::less<>>& flag_values;
  std::shared_ptr<SharedReads> shared_reads = std::make_shared<SharedReads>(paths.procfs, paths.sysfs);

  /// Value of a flag that the collector declared.
  [[nodiscard]] const std::string& Flag(std::string_view name) const;
  [[nodiscard]] bool Switch(std::string_view name) const { return Flag(name) == "true"; }
  /// The flag's value as a regular expression, or null when it is empty.
  /// \throw std::invalid_argument naming the flag and the place of the error.
  [[nodiscard]] std::unique_ptr<re2::RE2> Pattern(std::string_view name) const;
};

/// How one collection went. kNoData: this host has no such thing; it is no reason to log.
struct CollectStatus {
  enum class Kind { kOk, kNoData, kFailed } kind = Kind::kOk;
  std::string message;
  bool lacks_driver = false;  ///< nothing was written, and nothing can be before a kernel module comes

  static CollectStatus Ok() { return {}; }
  static CollectStatus NoData(std::string message) { return {Kind::kNoData, std::move(message), false}; }
  /// kNoData, or kOk without a message, as what a driver would make is not there.
  static CollectStatus NoDriver(std::string message) { return {Kind::kNoData, std::move(message), true}; }
  static CollectStatus NoDriver() { return {Kind::kOk, {}, true}; }
  static CollectStatus Failed(std::string message) { return {Kind::kFailed, std::move(message), false}; }
  /// kFailed for a file that could not be read: "cannot read PATH: REASON".
  static CollectStatus Unreadable(const std::string& path, int error_number);
};

/// Reads one kernel source and writes its metric families. Collect is called by one thread at a time, so that a
/// collector may keep buffers and earlier values, but while others run in another. What was written before a failure
/// stays on the page.
class Collector {
 public:
  virtual ~Collector() = default;
  virtual CollectStatus Collect(exposition::Writer& writer) = 0;
  /// After a reload, before the first Collect: `old` is the one of the same descriptor that this one replaces.
  virtual void TakeOver(Collector& /*old*/) {}
};

struct CollectorDescriptor {
  const char* name;
  bool enabled_by_default;
  std::span<const FlagSpec> flags;
  std::unique_ptr<Collector> (*create)(const CollectorContext& context);
  /// Its family names come from outside, so it runs after all others and can see which names are taken.
  bool runs_last = false;
  /// Enabled too when this flag, one of its own, has a value.
  const char* enabling_flag = nullptr;
};

/// Every collector linked into the program, by name, those that run last at the end.
std::span<const CollectorDescriptor* const> AllCollectors();

/// The one line by which a collector's file adds it to the program:
///   TIDEMARK_COLLECTOR(loadavg, {.name = "loadavg", .enabled_by_default = true, .create = Create<LoadavgCollector>});
/// The descriptor's address goes into a section of the binary that AllCollectors walks: no list to keep, no code that
/// runs before main.
#define TIDEMARK_COLLECTOR(id, ...)                                                                                  \
  static const ::tidemark::exporter::CollectorDescriptor id##_descriptor = __VA_ARGS__;                              \
  [[gnu::used,                                                                                                       \
    gnu::section("tidemark_collectors")]] static const ::tidemark::exporter::CollectorDescriptor* const id##_entry = \
      &id##_descriptor

template <typename T>
std::unique_ptr<Collector> Create(const CollectorContext& context) {
  return std::make_unique<T>(context);
}

}  // namespace tidemark::exporter
