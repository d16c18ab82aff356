// Metrics that other programs leave in *.prom files. A file that does not parse is left out whole, of what is there
// already only that; both are named in the log.

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/file.h"
#include "common/glob.h"
#include "exporter/collector.h"
#include "exporter/textfile/text_directory.h"
#include "exporter/textfile/text_merge.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

/// Whoever writes more writes something else; node_exporter would keep all of it in memory.
constexpr size_t kMaxFileBytes = size_t{16} << 20;
constexpr size_t kMaxBytes = size_t{64} << 20;  // of all files together
constexpr const char* kDirectoryFlag = "collector.textfile.directory";
constexpr FlagSpec kFlags[] = {
    {kDirectoryFlag, "", "Directory (or a glob of directories) to read *.prom files from"},
};

constexpr const char* kModified = "node_textfile_mtime_seconds";
constexpr const char* kError = "node_textfile_scrape_error";
/// What comes on the page after the files.
constexpr std::array<std::string_view, 4> kLater{kModified, kError, "node_scrape_collector_duration_seconds",
                                                 "node_scrape_collector_success"};

class TextfileCollector final : public Collector {
 public:
  explicit TextfileCollector(const CollectorContext& context)
      : pattern_(context.Flag(kDirectoryFlag)), logger_(context.logger) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::map<std::string, double> modified_seconds;
    std::map<std::string, std::string> problems;  // by path
    const std::vector<std::string> files = Files(problems);
    std::set<std::string, std::less<>> taken;
    if (!files.empty()) {
      taken = writer.FamilyNames();
      taken.insert(kLater.begin(), kLater.end());
    }
    textfile::TextMerge merge(std::move(taken));
    size_t bytes_left = kMaxBytes;
    for (const std::string& path : files) {
      try {
        problems[path] = merge.Add(path, Read(path, bytes_left, modified_seconds[path]));
      } catch (const std::runtime_error& error) {
        problems[path] = error.what();
        modified_seconds.erase(path);
      }
    }
    std::erase_if(problems, [](const auto& entry) { return entry.second.empty(); });
    merge.Write(writer);
    if (!modified_seconds.empty()) {
      writer.Family(kModified, "Unixtime mtime of textfiles successfully read.", MetricType::kGauge);
      for (const auto& [path, seconds] : modified_seconds) writer.Sample({{"file", path}}, seconds);
    }
    writer.Single(kError, "1 if there was an error opening or reading a file, 0 otherwise", MetricType::kGauge,
                  problems.empty() ? 0 : 1);
    Log(std::move(problems));
    return CollectStatus::Ok();
  }

 private:
  /// Of the directories that match, or of the one that has the pattern as its name. Sorted within each.
  std::vector<std::string> Files(std::map<std::string, std::string>& problems) {
    if (pattern_.empty()) return {};
    std::vector<std::string> paths;
    if (IsGlob(pattern_)) paths = Glob(pattern_);
    if (paths.empty()) paths.push_back(pattern_);
    std::erase_if(directories_,
                  [&](const auto& known) { return std::ranges::find(paths, known.first) == paths.end(); });
    std::vector<std::string> files;
    for (const std::string& path : paths) {
      if (const int error = directories_.try_emplace(path, path).first->second.List(files); error != 0)
        problems[path] = "cannot read the directory: " + ErrnoText(error);
    }
    return files;
  }

  /// \throw std::runtime_error
  static textfile::Families Read(const std::string& path, size_t& bytes_left, double& modified_seconds) {
    struct stat info {};
    std::string content;
    const size_t max_bytes = std::min(kMaxFileBytes, bytes_left);
    int error = ::stat(path.c_str(), &info) != 0 ? errno : 0;
    if (error == 0) error = static_cast<size_t>(info.st_size) > max_bytes ? EFBIG : ReadFile(path, max_bytes, content);
    if (error == EFBIG) {
      throw std::runtime_error("is larger than 16 MiB, or all files together are than " +
                               std::to_string(kMaxBytes >> 20) + " MiB");
    }
    if (error != 0) throw std::runtime_error(ErrnoText(error));
    bytes_left -= content.size();
    modified_seconds = static_cast<double>(info.st_mtim.tv_sec);
    return textfile::ParseText(content);
  }

  /// Once, until a file is fine again or broken in another way.
  void Log(std::map<std::string, std::string> problems) {
    for (const auto& [path, problem] : problems) {
      const auto known = logged_.find(path);
      if (known == logged_.end() || known->second != problem)
        logger_.Error("textfile not read whole", {{"collector", "textfile"}, {"path", path}, {"err", problem}});
    }
    logged_ = std::move(problems);
  }

  const std::string pattern_;
  const Logger& logger_;
  std::map<std::string, textfile::TextDirectory> directories_;  // by path
  std::map<std::string, std::string> logged_;
};

TIDEMARK_COLLECTOR(textfile, {.name = "textfile",
                              .enabled_by_default = true,
                              .flags = kFlags,
                              .create = Create<TextfileCollector>,
                              .runs_last = true});

}  // namespace
}  // namespace tidemark::exporter
