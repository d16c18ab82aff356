#include "analyzer/remote_write/receiver.h"

#include <google/protobuf/arena.h>
#include <snappy.h>

#include <vector>

#include "common/exposition/parser.h"
#include "common/utf8.h"
#include "write_request.pb.h"

namespace tidemark::remote_write {
namespace {

Outcome Refuse(std::string message) { return {.status = 400, .message = std::move(message)}; }

/// What is wrong with the labels of series number `index`, or nothing. They must be sorted, as the specification says.
std::string CheckLabels(const wire::TimeSeries& series, int index) {
  const auto fail = [&](const std::string& what) { return "timeseries[" + std::to_string(index) + "]: " + what; };
  const std::string* before = nullptr;
  bool has_name = false;
  for (const wire::Label& label : series.labels()) {
    if (!exposition::IsValidLabelName(label.name())) return fail("\"" + label.name() + "\" is not a label name");
    if (!IsValidUtf8(label.value())) return fail("the value of label " + label.name() + " is not valid UTF-8");
    if (before != nullptr && !(*before < label.name()))
      return fail("label " + label.name() + " comes twice or out of order");
    if (label.name() == storage::kMetricName) {
      has_name = true;
      if (!exposition::IsValidMetricName(label.value())) return fail("\"" + label.value() + "\" is not a metric name");
    }
    before = &label.name();
  }
  return has_name ? "" : fail("has no label __name__");
}

storage::Labels LabelsOf(const wire::TimeSeries& series) {
  std::vector<storage::Labels::Pair> pairs;
  for (const wire::Label& label : series.labels()) pairs.emplace_back(label.name(), label.value());
  return storage::Labels(std::move(pairs));
}

}  // namespace

Outcome Receive(std::string_view body, storage::Appendable& storage) {
  size_t length = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &length))
    return Refuse("the body is not in snappy's block format");
  if (length > kMaxRequestBytes) {
    return Refuse("the body has " + std::to_string(length) + " bytes after decompression, more than " +
                  std::to_string(kMaxRequestBytes));
  }
  std::string message;
  if (!snappy::Uncompress(body.data(), body.size(), &message)) return Refuse("the body is not sound snappy data");
  google::protobuf::Arena arena;
  auto* const request = google::protobuf::Arena::CreateMessage<wire::WriteRequest>(&arena);
  if (!request->ParseFromString(message)) return Refuse("the body is no protobuf WriteRequest");

  std::string problem;
  const auto note = [&](std::string text) {
    if (problem.empty()) problem = std::move(text);
  };
  std::vector<storage::SeriesWrite> writes;
  size_t refused_series = 0;
  for (int i = 0; i < request->timeseries_size(); ++i) {
    const wire::TimeSeries& series = request->timeseries(i);
    if (std::string error = CheckLabels(series, i); !error.empty()) {
      note(std::move(error));
      continue;
    }
    const storage::SeriesRef ref = storage.RefOf(LabelsOf(series));
    if (ref == 0) {
      ++refused_series;
      continue;
    }
    for (const wire::Sample& sample : series.samples()) writes.push_back({ref, {sample.timestamp(), sample.value()}});
  }
  const storage::AppendResult result = storage.Append(writes);
  if (result.out_of_order > 0) note(std::to_string(result.out_of_order) + " samples are out of order");
  if (result.duplicate > 0)
    note(std::to_string(result.duplicate) + " samples have a timestamp that has another value already");
  if (result.out_of_bounds > 0) note(std::to_string(result.out_of_bounds) + " samples are out of bounds");
  if (refused_series > 0) {
    note(std::to_string(refused_series) +
         " new series are refused: the store is at its bound (raise --storage.max-series or --storage.max-memory)");
  }
  Outcome outcome{.status = 204, .message = "", .samples = result.appended};
  // A series may be forgotten between RefOf and Append when all its samples are past the retention.
  if (result.unknown_series > 0 || !result.durable || !storage.Sync()) {
    outcome.status = 503;
    outcome.message = "the samples could not be written to disk";
  } else if (!problem.empty()) {
    outcome.status = 400;
    outcome.message = std::move(problem);
  }
  return outcome;
}

}  // namespace tidemark::remote_write
