// Written by hand, not through a JSON tree: a range query may have millions of values.

#include "analyzer/api/query_result_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "analyzer/api/prometheus_json.h"
#include "common/http/message.h"
#include "common/number_format.h"
#include "common/utf8.h"

namespace tidemark::api {
namespace {

constexpr size_t kTimestampRoom = 32;

/// Milliseconds as seconds: 1500 -> 1.500, 2000 -> 2. Returns the end of what it wrote.
char* WriteTimestamp(char* at, int64_t timestamp_ms) {
  char* const end = at + kTimestampRoom;
  if (timestamp_ms < 0) {
    *at++ = '-';
    timestamp_ms = -timestamp_ms;
  }
  at = std::to_chars(at, end, timestamp_ms / 1000).ptr;
  if (const auto fraction = static_cast<int>(timestamp_ms % 1000); fraction != 0) {
    *at++ = '.';
    for (const int unit : {100, 10, 1}) *at++ = static_cast<char>('0' + fraction / unit % 10);
  }
  return at;
}

/// [1700000000,"1.5"], put together before it is appended: an answer may have a million of them.
void AppendSample(std::string& out, const storage::Sample& sample) {
  std::array<char, kTimestampRoom + kFloatRoom + 8> text;
  char* at = text.data();
  *at++ = '[';
  at = WriteTimestamp(at, sample.timestamp_ms);
  *at++ = ',';
  *at++ = '"';
  at = WriteApiFloat(at, sample.value);
  *at++ = '"';
  *at++ = ']';
  out.append(text.data(), static_cast<size_t>(at - text.data()));
}

void AppendTimeAndText(std::string& out, int64_t timestamp_ms, std::string_view text) {
  std::array<char, kTimestampRoom> time;
  out += '[';
  out.append(time.data(), WriteTimestamp(time.data(), timestamp_ms));
  out += ',';
  AppendJsonString(out, text);
  out += ']';
}

}  // namespace

QueryResultJson::QueryResultJson(promql::QueryResult result, std::string more_data)
    : result_(std::move(result)), more_data_(std::move(more_data)) {}

bool QueryResultJson::Append(std::string& out) {
  piece_end_ = out.size() + http::kBodyPieceBytes;
  out.reserve(out.size() + BytesLeft());
  if (!has_begun_) {
    has_begun_ = true;
    AppendBegin(out);
  }
  const size_t count = result_.vector.size() + result_.ranges.size();
  while (next_series_ < count) {
    if (!AppendSeries(out)) return true;
    ++next_series_;
    next_sample_ = 0;
  }
  if (HasSeries()) out += ']';
  out += more_data_;
  out += "}}";
  return false;
}

bool QueryResultJson::HasSeries() const {
  return result_.type == promql::ValueType::kVector || result_.type == promql::ValueType::kMatrix;
}

void QueryResultJson::AppendBegin(std::string& out) const {
  out += R"({"status":"success","data":{"resultType":)";
  switch (result_.type) {
    case promql::ValueType::kScalar:
      out += R"("scalar","result":)";
      AppendTimeAndText(out, result_.steps.start_ms, FormatPlainFloat(result_.scalar));
      return;
    case promql::ValueType::kString:
      out += R"("string","result":)";
      AppendTimeAndText(out, result_.steps.start_ms, result_.text);
      return;
    case promql::ValueType::kVector:
      out += R"("vector","result":[)";
      return;
    case promql::ValueType::kMatrix:
      out += R"("matrix","result":[)";
      return;
  }
}

/// False when the piece is full before the series has ended. When it has, its memory is given back.
bool QueryResultJson::AppendSeries(std::string& out) {
  if (!result_.ranges.empty()) {
    storage::SeriesSamples& series = result_.ranges[next_series_];
    const auto sample_at = [&](size_t place) { return &series.samples[place]; };
    if (!AppendValues(series.labels, series.samples.size(), sample_at, out)) return false;
    series = {};
    return true;
  }
  promql::StepSeries& series = result_.vector[next_series_];
  storage::Sample sample;
  const auto sample_at = [&](size_t step) -> const storage::Sample* {
    if (series.present[step] == 0) return nullptr;
    sample = {result_.steps.time_ms(step), series.values[step]};
    return &sample;
  };
  if (!AppendValues(series.labels, series.values.size(), sample_at, out)) return false;
  series = {};
  return true;
}

/// `sample_at` gives the sample of a place, or null.
template <typename SampleAt>
bool QueryResultJson::AppendValues(const storage::Labels& labels, size_t count, const SampleAt& sample_at,
                                   std::string& out) {
  const bool is_single = result_.type == promql::ValueType::kVector;
  if (next_sample_ == 0) {
    out += next_series_ == 0 ? R"({"metric":)" : R"(,{"metric":)";
    AppendLabels(out, labels);
    out += is_single ? R"(,"value":)" : R"(,"values":[)";
    has_value_ = false;
  }
  while (next_sample_ < count) {
    const storage::Sample* const sample = sample_at(next_sample_++);
    if (sample == nullptr) continue;
    if (has_value_) out += ',';
    has_value_ = true;
    AppendSample(out, *sample);
    if (out.size() >= piece_end_) return false;
  }
  out += is_single ? "}" : "]}";
  return true;
}

/// About how much is still to write, as far as it fits the piece: then its room is right from the beginning, and what
/// is not written to costs nothing.
size_t QueryResultJson::BytesLeft() const {
  constexpr size_t kSampleBytes = std::string_view(R"([1700000000.123,"0.12345678901234567"],)").size();
  constexpr size_t kSeriesBytes = 48;
  constexpr size_t kEnvelopeBytes = 128;
  constexpr size_t kMostBytes = http::kBodyPieceBytes + size_t{4} * 1024;
  size_t bytes = kEnvelopeBytes + more_data_.size();
  const auto add = [&](const storage::Labels& labels, size_t samples) {
    bytes += kSeriesBytes + samples * kSampleBytes;
    for (const auto& [name, value] : labels) bytes += name.size() + value.size() + 6;
  };
  for (size_t i = next_series_; i < result_.vector.size() && bytes < kMostBytes; ++i)
    add(result_.vector[i].labels, result_.vector[i].values.size());
  for (size_t i = next_series_; i < result_.ranges.size() && bytes < kMostBytes; ++i)
    add(result_.ranges[i].labels, result_.ranges[i].samples.size());
  return std::min(bytes, kMostBytes);
}

}  // namespace tidemark::api
