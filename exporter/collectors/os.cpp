// The operating system's release, from os-release(5).

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Field {
  const char* key;
  const char* label;
};
constexpr std::array<Field, 12> kFields{{{"BUILD_ID", "build_id"},
                                         {"ID", "id"},
                                         {"ID_LIKE", "id_like"},
                                         {"IMAGE_ID", "image_id"},
                                         {"IMAGE_VERSION", "image_version"},
                                         {"NAME", "name"},
                                         {"PRETTY_NAME", "pretty_name"},
                                         {"VARIANT", "variant"},
                                         {"VARIANT_ID", "variant_id"},
                                         {"VERSION", "version"},
                                         {"VERSION_CODENAME", "version_codename"},
                                         {"VERSION_ID", "version_id"}}};
constexpr size_t IndexOf(std::string_view key) {
  size_t i = 0;
  while (kFields.at(i).key != key) ++i;
  return i;
}
constexpr size_t kId = IndexOf("ID");
constexpr size_t kIdLike = IndexOf("ID_LIKE");
constexpr size_t kName = IndexOf("NAME");
constexpr size_t kVersionId = IndexOf("VERSION_ID");

/// A shell's assignment value: quotes around it go, and backslashes within double quotes.
std::string Unquote(std::string_view value) {
  if (value.size() < 2 || (value.front() != '"' && value.front() != '\'') || value.back() != value.front())
    return std::string(value);
  const bool is_double = value.front() == '"';
  value = value.substr(1, value.size() - 2);
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) {
    if (is_double && value[i] == '\\' && i + 1 < value.size()) ++i;
    out += value[i];
  }
  return out;
}

/// Whether a value begins with a quote that has no other.
bool IsUnclosed(std::string_view value) {
  return (value.starts_with('"') || value.starts_with('\'')) && value.find(value.front(), 1) == std::string_view::npos;
}

/// "12.4" of "12.4.1"; empty when it begins with no digit.
std::string_view MajorMinor(std::string_view version) {
  size_t end = 0;
  const auto skip_digits = [&] {
    while (end < version.size() && std::isdigit(static_cast<unsigned char>(version[end])) != 0) ++end;
  };
  skip_digits();
  if (end > 0 && end < version.size() && version[end] == '.') {
    ++end;
    skip_digits();
  }
  return version.substr(0, end);
}

class OsCollector final : public Collector {
 public:
  explicit OsCollector(const CollectorContext& context)
      : paths_{JoinPath(context.paths.rootfs, "etc/os-release"), JoinPath(context.paths.rootfs, "usr/lib/os-release")} {
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    if (!IsAsRead()) path_ = std::ranges::find_if(paths_, [&](const std::string& path) { return Read(path); });
    if (path_ == paths_.end()) return CollectStatus::NoData("no os-release file: " + paths_[0]);
    if (malformed_line_ != 0)
      return CollectStatus::Failed("malformed line " + std::to_string(malformed_line_) + " in " + *path_);
    std::array<exposition::Label, kFields.size()> labels;
    for (size_t i = 0; i < kFields.size(); ++i) labels[i] = {kFields[i].label, values_[i]};
    writer.Family("node_os_info",
                  "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, name, "
                  "pretty_name, variant, variant_id, version, version_codename, version_id.",
                  MetricType::kGauge);
    writer.Sample(labels, 1);
    const auto version = procfs::ParseDecimal(MajorMinor(values_[kVersionId]));
    if (version && *version > 0) {
      writer.Family("node_os_version", "Metric containing the major.minor part of the OS version.", MetricType::kGauge);
      writer.Sample({{"id", values_[kId]}, {"id_like", values_[kIdLike]}, {"name", values_[kName]}}, *version);
    }
    return CollectStatus::Ok();
  }

 private:
  /// Which file it is and what state it is in: when all of this is as before, so is the content.
  struct Version {
    dev_t device;
    ino_t inode;
    off_t bytes;
    timespec changed;

    bool operator==(const Version& other) const {
      return device == other.device && inode == other.inode && bytes == other.bytes &&
             changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
    }
  };

  /// Of a file that still has a name.
  static std::optional<Version> VersionOf(const UniqueFd& file) {
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || status.st_nlink == 0) return std::nullopt;
    return Version{status.st_dev, status.st_ino, status.st_size, status.st_ctim};
  }

  /// Whether the values are still those of the file. It is asked itself, without the walk to its path: that a link on
  /// the way leads elsewhere is seen at every tenth page.
  bool IsAsRead() {
    constexpr int kWalkEvery = 10;
    return read_ && ++pages_since_walk_ < kWalkEvery && VersionOf(file_) == read_;
  }

  /// Takes the values from this file. False when it cannot be read.
  bool Read(const std::string& path) {
    pages_since_walk_ = 0;
    file_ = UniqueFd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    const std::optional<Version> version = VersionOf(file_);
    if (version && version == read_) return true;
    read_.reset();
    std::string content;
    if (!version || ReadFile(path, 64 << 10, content) != 0) return false;
    Parse(content);
    read_ = version;
    return true;
  }

  void Parse(std::string_view content) {
    values_ = {};
    malformed_line_ = 0;
    procfs::Scanner scanner(content);
    for (size_t number = 1; scanner.NextLine(); ++number) {
      const std::string_view line = Trim(scanner.rest());
      const size_t equals = line.find('=');
      if (line.empty() || line.starts_with('#')) continue;
      if (equals == std::string_view::npos || IsUnclosed(line.substr(equals + 1))) {
        malformed_line_ = number;
        return;
      }
      for (size_t i = 0; i < kFields.size(); ++i) {
        if (line.substr(0, equals) == kFields[i].key) values_[i] = Unquote(line.substr(equals + 1));
      }
    }
  }

  const std::array<std::string, 2> paths_;
  std::array<std::string, 2>::const_iterator path_ = paths_.end();  // of the values
  UniqueFd file_;                                                   // there; only a place (O_PATH)
  std::optional<Version> read_;
  int pages_since_walk_ = 0;
  std::array<std::string, kFields.size()> values_;  // as in kFields
  size_t malformed_line_ = 0;                       // from 1; 0: none
};

TIDEMARK_COLLECTOR(os, {.name = "os", .enabled_by_default = true, .flags = {}, .create = Create<OsCollector>});

}  // namespace
}  // namespace tidemark::exporter
