#include "analyzer/transfer/export.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "analyzer/transfer/csv_reader.h"
#include "analyzer/transfer/progress.h"
#include "analyzer/transfer/sample_text.h"
#include "common/number_format.h"

namespace tidemark::transfer {
namespace {

constexpr size_t kWriteBytes = size_t{1} << 20;

void AppendEscaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

std::string OpenMetricsSeries(const storage::Labels& labels) {
  std::string text(labels.Get(storage::kMetricName));
  char separator = '{';
  for (const auto& [name, value] : labels) {
    if (name == storage::kMetricName) continue;
    text += separator;
    text += name + "=\"";
    AppendEscaped(text, value);
    text += '"';
    separator = ',';
  }
  if (separator == ',') text += '}';
  return text;
}

void AppendOpenMetrics(std::string& out, const storage::SeriesSamples& series) {
  const std::string name = OpenMetricsSeries(series.labels);
  for (const storage::Sample& sample : series.samples) {
    out += name;
    out += ' ';
    AppendGoFloat(out, sample.value);
    out += ' ';
    AppendSeconds(out, sample.timestamp_ms);
    if (const std::string bits = NanBits(sample.value); !bits.empty())
      (((out += " # {") += kNanBitsLabel) += "=\"" + bits) += "\"} NaN";
    out += '\n';
  }
}

void AppendCsv(std::string& out, const std::set<std::string>& columns, const storage::SeriesSamples& series) {
  std::string labels;
  for (const std::string& column : columns) {
    labels += ',';
    AppendCsvField(labels, series.labels.Get(column));
  }
  for (const storage::Sample& sample : series.samples) {
    AppendSeconds(out, sample.timestamp_ms);
    out += ',';
    const std::string bits = NanBits(sample.value);
    if (bits.empty()) {
      AppendGoFloat(out, sample.value);
    } else {
      out += "NaN:" + bits;
    }
    out += labels;
    out += '\n';
  }
}

}  // namespace

uint64_t Export(const storage::Queryable& store, const ExportRequest& request,
                const std::function<void(std::string_view text)>& write) {
  // By metric name: a family stands in one piece.
  std::map<std::string, std::set<storage::Labels>> families;
  std::set<std::string> columns;
  size_t series_count = 0;
  for (const std::vector<storage::Matcher>& selection : request.selections) {
    for (const storage::Labels& labels : store.Series(selection, request.from_ms, request.to_ms)) {
      for (const auto& [name, value] : labels) columns.insert(name);
      series_count += families[std::string(labels.Get(storage::kMetricName))].insert(labels).second ? 1 : 0;
    }
  }
  Progress progress("exporting");
  std::string out;
  uint64_t samples = 0;
  size_t done = 0;
  if (request.format == ExportFormat::kCsv) {
    out = "timestamp,value";
    for (const std::string& column : columns) out += ',' + column;
    out += '\n';
  }
  for (const auto& [name, family] : families) {
    if (request.format == ExportFormat::kOpenMetrics) out += "# TYPE " + name + " unknown\n";
    for (const storage::Labels& labels : family) {
      std::vector<storage::Matcher> matchers;
      for (const auto& [label, value] : labels) matchers.emplace_back(storage::Matcher::Type::kEqual, label, value);
      for (const storage::SeriesSamples& series :
           store.Select(matchers, request.from_ms, request.to_ms, std::numeric_limits<size_t>::max())) {
        // A series with more labels matches too.
        if (series.labels != labels) continue;
        samples += series.samples.size();
        request.format == ExportFormat::kCsv ? AppendCsv(out, columns, series) : AppendOpenMetrics(out, series);
      }
      if (out.size() >= kWriteBytes) {
        write(out);
        out.clear();
      }
      progress.Show(static_cast<double>(++done) / static_cast<double>(series_count), samples);
    }
  }
  if (request.format == ExportFormat::kOpenMetrics) out += "# EOF\n";
  write(out);
  return samples;
}

}  // namespace tidemark::transfer
