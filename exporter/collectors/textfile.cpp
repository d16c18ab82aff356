// Metrics that other programs leave in *.prom files. A file that does not parse, carries timestamps or repeats a series
// is left out whole and named in the log; the others are published.

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "common/exposition/parser.h"
#include "common/file.h"
#include "exporter/collector.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr size_t kMaxFileBytes = size_t{16} << 20;
constexpr const char* kDirectoryFlag = "collector.textfile.directory";
constexpr FlagSpec kFlags[] = {
    {kDirectoryFlag, "", "Directory (or a glob of directories) to read *.prom files from"},
};

struct TextSample {
  std::string suffix;  // "_bucket", "_sum", "_count" of a histogram or summary, else empty
  std::map<std::string, std::string> labels;
  double value;
};

struct TextFamily {
  std::string help;
  bool has_help = false;
  MetricType type = MetricType::kUntyped;
  std::vector<TextSample> samples;
  std::set<std::string> files;
};

using Families = std::map<std::string, TextFamily>;

/// The family a sample belongs to: histograms and summaries have parts with suffixes.
std::string FamilyOf(const std::string& sample_name, const Families& families) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!sample_name.ends_with(suffix)) continue;
    std::string family = sample_name.substr(0, sample_name.size() - suffix.size());
    const auto it = families.find(family);
    if (it == families.end()) continue;
    const bool bucketed = it->second.type == MetricType::kHistogram;
    if (bucketed || (it->second.type == MetricType::kSummary && suffix != "_bucket")) return family;
  }
  return sample_name;
}

/// Parses one file into `families`. Returns what is wrong, or nothing.
std::string ParseTextfile(const std::string& content, Families& families) {
  exposition::Parser parser(content, exposition::Format::kText004);
  std::vector<exposition::Label> labels;
  std::set<std::string> series;
  while (true) {
    switch (parser.Next()) {
      case exposition::Parser::Entry::kEnd:
        return "";
      case exposition::Parser::Entry::kError:
        return parser.error();
      case exposition::Parser::Entry::kHelp:
        families[std::string(parser.name())].help = parser.help();
        families[std::string(parser.name())].has_help = true;
        break;
      case exposition::Parser::Entry::kType:
        families[std::string(parser.name())].type = parser.type();
        break;
      case exposition::Parser::Entry::kUnit:
        break;
      case exposition::Parser::Entry::kSample: {
        if (parser.timestamp_ms()) return "contains unsupported client-side timestamps";
        if (!parser.Labels(labels)) return parser.error();
        const std::string sample_name(parser.name());
        const std::string family = FamilyOf(sample_name, families);
        TextSample sample{sample_name.substr(family.size()), {}, parser.value()};
        std::string key = sample_name;
        for (const exposition::Label& label : labels) sample.labels.emplace(label.name, label.value);
        for (const auto& [name, value] : sample.labels) key.append(1, '\0').append(name).append(1, '\0').append(value);
        if (!series.insert(std::move(key)).second) return "repeats the series " + std::string(parser.series_text());
        families[family].samples.push_back(std::move(sample));
      }
    }
  }
}

class TextfileCollector final : public Collector {
 public:
  explicit TextfileCollector(const CollectorContext& context)
      : directory_(context.Flag(kDirectoryFlag)), logger_(context.logger) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    bool failed = false;
    Families merged;
    std::map<std::string, double> modified_seconds;
    if (!directory_.empty()) {
      const std::vector<std::string> files = ListFiles(failed);
      for (const std::string& path : files) {
        if (!ReadOne(path, merged, writer, modified_seconds)) failed = true;
      }
    }
    for (const auto& [name, family] : merged) WriteFamily(name, family, writer);
    if (!modified_seconds.empty()) {
      writer.Family("node_textfile_mtime_seconds", "Unixtime mtime of textfiles successfully read.",
                    MetricType::kGauge);
      for (const auto& [path, seconds] : modified_seconds) writer.Sample({{"file", path}}, seconds);
    }
    writer.Single("node_textfile_scrape_error", "1 if there was an error opening or reading a file, 0 otherwise",
                  MetricType::kGauge, failed ? 1 : 0);
    return CollectStatus::Ok();
  }

 private:
  std::vector<std::string> ListFiles(bool& failed) {
    std::vector<std::string> files;
    glob_t directories{};
    if (::glob(directory_.c_str(), GLOB_ONLYDIR, nullptr, &directories) != 0) {
      failed = true;
      Complain(directory_, "cannot read the directory");
    }
    for (size_t i = 0; i < directories.gl_pathc; ++i) {
      glob_t found{};
      const std::string pattern = std::string(directories.gl_pathv[i]) + "/*.prom";
      if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
        files.insert(files.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
      ::globfree(&found);
    }
    ::globfree(&directories);
    return files;
  }

  bool ReadOne(const std::string& path, Families& merged, const exposition::Writer& writer,
               std::map<std::string, double>& modified_seconds) {
    struct stat info {};
    std::string content;
    if (const int error = ReadFile(path, kMaxFileBytes, content); error != 0 || ::stat(path.c_str(), &info) != 0) {
      Complain(path, ErrnoText(error));
      return false;
    }
    Families families;
    std::string problem = ParseTextfile(content, families);
    if (problem.empty()) problem = Conflict(families, merged, writer);
    if (!problem.empty()) {
      Complain(path, problem);
      return false;
    }
    complaints_.erase(path);
    bool consistent = true;
    for (auto& [name, family] : families) {
      if (family.samples.empty()) continue;
      const auto [it, is_new] = merged.try_emplace(name);
      TextFamily& target = it->second;
      if (is_new) target.type = family.type;
      if (target.has_help && family.has_help && target.help != family.help) {
        Complain(path, "help text of " + name + " differs from another file's");
        consistent = false;
      }
      if (!target.has_help) {
        target.help = family.help;
        target.has_help = family.has_help;
      }
      target.files.insert(path);
      std::ranges::move(family.samples, std::back_inserter(target.samples));
    }
    modified_seconds[path] = static_cast<double>(info.st_mtim.tv_sec);
    return consistent;
  }

  /// Why `families` cannot join what is on the page already, or nothing.
  static std::string Conflict(const Families& families, const Families& merged, const exposition::Writer& writer) {
    for (const auto& [name, family] : families) {
      if (family.samples.empty()) continue;
      if (writer.HasFamily(name)) return "metric " + name + " is published by a collector already";
      const auto it = merged.find(name);
      if (it == merged.end()) continue;
      if (it->second.type != family.type) return "type of " + name + " differs from another file's";
      for (const TextSample& sample : family.samples) {
        for (const TextSample& other : it->second.samples) {
          if (sample.suffix == other.suffix && sample.labels == other.labels)
            return "repeats a series of another file: " + name;
        }
      }
    }
    return "";
  }

  static void WriteFamily(const std::string& name, const TextFamily& family, exposition::Writer& writer) {
    std::string help = family.help;
    if (!family.has_help) {
      help = "Metric read from ";
      for (const std::string& file : family.files) help += (file == *family.files.begin() ? "" : ", ") + file;
    }
    writer.Family(name, help, family.type);
    // As node_exporter does: every sample of a family carries every label name of it, empty where it had none.
    std::set<std::string> names;
    for (const TextSample& sample : family.samples) {
      for (const auto& [label, value] : sample.labels) {
        if (!IsPartLabel(label, family.type)) names.insert(label);
      }
    }
    for (const TextSample& sample : family.samples) {
      std::vector<exposition::Label> labels;
      for (const std::string& label : names) {
        const auto it = sample.labels.find(label);
        labels.push_back({label, it == sample.labels.end() ? std::string_view{} : std::string_view(it->second)});
      }
      for (const auto& [label, value] : sample.labels) {
        if (IsPartLabel(label, family.type)) labels.push_back({label, value});
      }
      writer.SuffixedSample(sample.suffix, labels, sample.value);
    }
  }

  static bool IsPartLabel(std::string_view label, MetricType type) {
    return (type == MetricType::kHistogram && label == "le") || (type == MetricType::kSummary && label == "quantile");
  }

  /// Logs a problem once, until the file is fine again or broken in another way.
  void Complain(const std::string& path, const std::string& problem) {
    if (std::exchange(complaints_[path], problem) != problem) {
      logger_.Error("textfile left out", {{"collector", "textfile"}, {"path", path}, {"err", problem}});
    }
  }

  const std::string directory_;
  const Logger& logger_;
  std::map<std::string, std::string> complaints_;
};

TIDEMARK_COLLECTOR(textfile, {.name = "textfile",
                              .enabled_by_default = true,
                              .flags = kFlags,
                              .create = Create<TextfileCollector>,
                              .runs_last = true});

}  // namespace
}  // namespace tidemark::exporter
