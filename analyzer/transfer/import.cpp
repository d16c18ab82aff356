#include "analyzer/transfer/import.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "analyzer/scrape/series_cache.h"
#include "analyzer/transfer/csv_reader.h"
#include "analyzer/transfer/progress.h"
#include "analyzer/transfer/sample_text.h"
#include "common/exposition/parser.h"
#include "common/file.h"
#include "common/number_format.h"
#include "common/timestamp.h"
#include "common/utf8.h"

namespace tidemark::transfer {
namespace {

/// A file mapped for reading, so that its size is no matter.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0)
      throw std::runtime_error("cannot open " + path + ": " + ErrnoText(errno));
    if (!S_ISREG(status.st_mode)) throw std::runtime_error(path + " is not a file");
    size_ = static_cast<size_t>(status.st_size);
    if (size_ == 0) return;
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data_ == MAP_FAILED) throw std::runtime_error("cannot read " + path + ": " + ErrnoText(errno));
  }
  ~MappedFile() {
    if (size_ > 0) ::munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  [[nodiscard]] std::string_view text() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

/// Collects samples into batches, and keeps the store within its bounds meanwhile.
class Sink {
 public:
  Sink(storage::Store& store, const std::string& path) : store_(store), progress_("importing " + path) {}

  storage::SeriesRef RefOf(std::vector<storage::Labels::Pair> pairs) {
    const storage::SeriesRef ref = store_.RefOf(storage::Labels(std::move(pairs)));
    if (ref == 0) ++report_.refused_series;
    return ref;
  }
  void Add(storage::SeriesRef ref, storage::Sample sample, double share) {
    if (ref == 0) {
      ++report_.refused;
      return;
    }
    batch_.push_back({ref, sample});
    if (batch_.size() == storage::Store::kAtomicWrites) Write(share);
  }
  ImportReport Finish() {
    Write(1);
    if (!store_.Sync()) throw std::runtime_error("the samples could not be written to disk");
    return report_;
  }

 private:
  void Write(double share) {
    const storage::AppendResult result = store_.Append(batch_);
    batch_.clear();
    if (!result.durable) throw std::runtime_error("the samples could not be written to disk");
    report_.samples += result.appended;
    report_.refused += result.out_of_order + result.duplicate + result.out_of_bounds + result.unknown_series;
    constexpr unsigned kBatchesPerMaintenance = 32;
    if (++batches_ % kBatchesPerMaintenance == 0) store_.Maintain();
    progress_.Show(share, report_.samples);
  }

  storage::Store& store_;
  Progress progress_;
  std::vector<storage::SeriesWrite> batch_;
  ImportReport report_;
  unsigned batches_ = 0;
};

/// The value of a NaN that the exemplar tells the bits of.
double ExactValue(const exposition::Parser& parser) {
  const std::string_view exemplar = parser.exemplar();
  const std::string begin = "{" + std::string(kNanBitsLabel) + "=\"";
  if (!exemplar.starts_with(begin)) return parser.value();
  const std::string_view rest = exemplar.substr(begin.size());
  return NanFromBits(rest.substr(0, rest.find('"'))).value_or(parser.value());
}

ImportReport ImportOpenMetrics(std::string_view text, Sink& sink) {
  exposition::Parser parser(text, exposition::Format::kOpenMetrics);
  scrape::SeriesCache cache;
  std::vector<exposition::Label> labels;
  while (true) {
    const exposition::Parser::Entry kind = parser.Next();
    if (kind == exposition::Parser::Entry::kEnd) return sink.Finish();
    if (kind == exposition::Parser::Entry::kError) throw std::runtime_error(parser.error());
    if (kind != exposition::Parser::Entry::kSample) continue;
    if (!parser.timestamp_ms())
      throw std::runtime_error("sample of " + std::string(parser.series_text()) + " has no timestamp");
    scrape::SeriesCache::Entry& entry = cache.Find(parser.series_text());
    if (entry.last_page == 0) {
      entry.last_page = 1;
      if (!parser.Labels(labels)) throw std::runtime_error(parser.error());
      std::vector<storage::Labels::Pair> pairs{{std::string(storage::kMetricName), std::string(parser.name())}};
      for (const exposition::Label& label : labels) pairs.emplace_back(label.name, label.value);
      entry.ref = sink.RefOf(std::move(pairs));
    }
    const double share =
        static_cast<double>(parser.series_text().data() - text.data()) / static_cast<double>(text.size());
    sink.Add(entry.ref, {*parser.timestamp_ms(), ExactValue(parser)}, share);
  }
}

std::optional<double> ParseValue(const std::string& text) {
  constexpr std::string_view kNanPrefix = "NaN:";
  if (text.starts_with(kNanPrefix)) return NanFromBits(std::string_view(text).substr(kNanPrefix.size()));
  return ParseFloat(text);
}

ImportReport ImportCsv(std::string_view text, Sink& sink) {
  CsvReader reader(text);
  std::vector<std::string> header;
  std::vector<std::string> row;
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error("line " + std::to_string(reader.line()) + ": " + what);
  };
  if (!reader.Next(header)) fail("the file is empty");
  const auto column = [&](std::string_view name) {
    const auto found = std::ranges::find(header, name);
    if (found == header.end()) fail("there is no column \"" + std::string(name) + "\"");
    return static_cast<size_t>(found - header.begin());
  };
  const size_t timestamp = column("timestamp");
  const size_t value = column("value");
  const size_t name = column(storage::kMetricName);
  for (const std::string& label : header) {
    if (!exposition::IsValidLabelName(label)) fail("column \"" + label + "\" is not a label name");
    if (std::ranges::count(header, label) > 1) fail("column \"" + label + "\" comes twice");
  }
  scrape::SeriesCache cache;
  std::string key;
  while (reader.Next(row)) {
    if (row.size() != header.size())
      fail("has " + std::to_string(row.size()) + " fields, the header " + std::to_string(header.size()));
    const std::optional<int64_t> time_ms = ParseTimestampMs(row[timestamp]);
    if (!time_ms) fail("\"" + row[timestamp] + "\" is not a time (Unix seconds or RFC 3339)");
    const std::optional<double> number = ParseValue(row[value]);
    if (!number) fail("\"" + row[value] + "\" is not a number");
    key.clear();
    for (size_t i = 0; i < row.size(); ++i) {
      if (i != timestamp && i != value) (key += row[i]) += '\xff';
    }
    scrape::SeriesCache::Entry& entry = cache.Find(key);
    if (entry.last_page == 0) {
      entry.last_page = 1;
      if (!exposition::IsValidMetricName(row[name])) fail("\"" + row[name] + "\" is not a metric name");
      std::vector<storage::Labels::Pair> pairs;
      for (size_t i = 0; i < row.size(); ++i) {
        if (!IsValidUtf8(row[i])) fail("field " + std::to_string(i + 1) + " is not valid UTF-8");
        if (i != timestamp && i != value) pairs.emplace_back(header[i], row[i]);
      }
      entry.ref = sink.RefOf(std::move(pairs));
    }
    sink.Add(entry.ref, {*time_ms, *number}, static_cast<double>(reader.offset()) / static_cast<double>(text.size()));
  }
  if (!reader.error().empty()) fail(reader.error());
  return sink.Finish();
}

}  // namespace

ImportReport Import(const std::string& path, storage::Store& store) {
  const MappedFile file(path);
  Sink sink(store, path);
  try {
    return path.ends_with(".csv") ? ImportCsv(file.text(), sink) : ImportOpenMetrics(file.text(), sink);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

}  // namespace tidemark::transfer
