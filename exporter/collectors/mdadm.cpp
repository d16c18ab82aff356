// Software RAID, from /proc/mdstat (md(4)). Of each array three lines:
//
//   md0 : active raid1 sdb1[1] sda1[0]
//         248896 blocks [2/2] [UU]
//         [=>…]  recovery = 8.5% (16775552/195310144) finish=17.0min speed=259783K/sec     (perhaps after a bitmap
//         line)

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Array {
  std::string name;
  std::string_view state;
  double disks_active = 0;
  double disks_required = 0;
  double disks_failed = 0;
  double disks_down = 0;
  double disks_spare = 0;
  double blocks = 0;
  double blocks_synced = 0;
};

double Count(std::string_view text, std::string_view what) {
  double count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

bool Contains(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

/// Reads "248896 blocks super 1.2 [2/2] [UU]" into `array`.
bool ReadStatusLine(std::string_view device_line, std::string_view line, Array& array) {
  procfs::Scanner scanner(line);
  scanner.NextLine();
  const auto blocks = procfs::ParseUnsigned(scanner.NextField());
  if (!blocks) return false;
  array.blocks = static_cast<double>(*blocks);
  if (Contains(device_line, "raid0") || Contains(device_line, "linear")) {
    // These have no redundancy to tell of: each disk has its number in brackets, and there must be all.
    array.disks_active = array.disks_required = Count(device_line, "[");
    return true;
  }
  if (Contains(device_line, "inactive")) return true;
  // The last that looks so: before it may be the name of a container, "external:/md127/0".
  static const RE2 kCountsAndMarks(R"(.*\[(\d+)/(\d+)\] \[([U_]+)\])", RE2::Latin1);
  uint64_t required = 0;
  uint64_t active = 0;
  re2::StringPiece marks;
  if (!RE2::PartialMatch(line, kCountsAndMarks, &required, &active, &marks)) return false;
  array.disks_required = static_cast<double>(required);
  array.disks_active = static_cast<double>(active);
  array.disks_down = static_cast<double>(std::ranges::count(marks, '_'));
  return true;
}

/// Reads the line of a synchronisation that goes on, if it is one.
bool ReadSyncLine(std::string_view line, Array& array) {
  array.blocks_synced = array.blocks;
  if (Contains(line, "recovery")) {
    array.state = "recovering";
  } else if (Contains(line, "check")) {
    array.state = "checking";
  } else if (Contains(line, "resync")) {
    array.state = "resyncing";
  } else {
    return true;
  }
  if (Contains(line, "PENDING") || Contains(line, "DELAYED")) {
    array.blocks_synced = 0;
    return true;
  }
  const size_t open = line.find('(');
  const size_t slash = line.find('/', open);
  if (open == std::string_view::npos || slash == std::string_view::npos) return false;
  const auto synced = procfs::ParseUnsigned(line.substr(open + 1, slash - open - 1));
  if (!synced) return false;
  array.blocks_synced = static_cast<double>(*synced);
  return true;
}

class MdadmCollector final : public Collector {
 public:
  explicit MdadmCollector(const CollectorContext& context) : path_(context.paths.Proc("mdstat")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const int error = ReadFile(path_, 1 << 20, content_);
    if (error == ENOENT) return CollectStatus::NoDriver("no software RAID: " + path_);
    if (error != 0) return CollectStatus::Unreadable(path_, error);
    std::vector<std::string_view> lines;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) lines.push_back(scanner.rest());
    // An array has three lines below its own, of which the last may be empty; one that is cut short has none there.
    if (content_.ends_with('\n')) lines.emplace_back();
    std::vector<Array> arrays;
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string_view line = lines[i];
      if (Trim(line).empty() || line.front() == ' ' || line.starts_with("Personalities") || line.starts_with("unused"))
        continue;
      procfs::Scanner fields(line);
      fields.NextLine();
      Array& array = arrays.emplace_back();
      array.name = fields.NextField();
      fields.NextField();  // the colon
      array.state = fields.NextField();
      if (array.state.empty() || i + 3 >= lines.size())
        return CollectStatus::Failed("array " + array.name + " is cut short in " + path_);
      array.disks_failed = Count(line, "(F)");
      array.disks_spare = Count(line, "(S)");
      const size_t sync_line = i + 2 + (Contains(lines[i + 2], "bitmap") ? 1 : 0);
      if (!ReadStatusLine(line, lines[i + 1], array) || !ReadSyncLine(lines[sync_line], array))
        return CollectStatus::Failed("malformed lines of array " + array.name + " in " + path_);
    }
    Write(arrays, writer);
    return CollectStatus::Ok();
  }

 private:
  static void Write(const std::vector<Array>& arrays, exposition::Writer& writer) {
    if (arrays.empty()) return;
    const auto family = [&](const char* name, const char* help, double Array::*value) {
      writer.Family(name, help, MetricType::kGauge);
      for (const Array& array : arrays) writer.Sample({{"device", array.name}}, array.*value);
    };
    writer.Family("node_md_disks", "Number of active/failed/spare disks of device.", MetricType::kGauge);
    for (const Array& array : arrays) {
      writer.Sample({{"device", array.name}, {"state", "active"}}, array.disks_active);
      writer.Sample({{"device", array.name}, {"state", "failed"}}, array.disks_failed);
      writer.Sample({{"device", array.name}, {"state", "spare"}}, array.disks_spare);
    }
    family("node_md_disks_required", "Total number of disks of device.", &Array::disks_required);
    family("node_md_blocks", "Total number of blocks on device.", &Array::blocks);
    family("node_md_blocks_synced", "Number of blocks synced on device.", &Array::blocks_synced);
    constexpr std::array<std::string_view, 5> kShownStates{"active", "inactive", "recovering", "resync", "check"};
    // What /proc/mdstat says of a state, as the page has it.
    constexpr std::array<std::string_view, 5> kStates{"active", "inactive", "recovering", "resyncing", "checking"};
    writer.Family("node_md_state", "Indicates the state of md-device.", MetricType::kGauge);
    for (const Array& array : arrays) {
      for (size_t i = 0; i < kStates.size(); ++i)
        writer.Sample({{"device", array.name}, {"state", kShownStates[i]}}, array.state == kStates[i] ? 1 : 0);
    }
  }

  const std::string path_;
  std::string content_;
};

TIDEMARK_COLLECTOR(mdadm, {.name = "mdadm", .enabled_by_default = true, .flags = {}, .create = Create<MdadmCollector>});

}  // namespace
}  // namespace tidemark::exporter
