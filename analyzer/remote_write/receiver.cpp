#include "analyzer/remote_write/receiver.h"

#include <google/protobuf/arena.h>
#include <snappy.h>

#include <algorithm>
#include <vector>

#include "common/exposition/parser.h"
#include "common/utf8.h"
#include "write_request.pb.h"

namespace tidemark::remote_write {
namespace {

Outcome Refuse(std::string message) { return {.status = 400, .message = std::move(message)}; }

/// The labels of a series, or what is wrong with them. Senders must sort them; one that does not is understood all the
/// same, as Prometheus does.
struct ParsedLabels {
  std::vector<storage::Labels::Pair> pairs;
  std::string problem;
};

ParsedLabels ParseLabels(const wire::TimeSeries& series) {
  ParsedLabels parsed;
  const auto fail = [&](std::string what) {
    parsed.problem = std::move(what);
    return parsed;
  };
  for (const wire::Label& label : series.labels()) {
    if (!exposition::IsValidLabelName(label.name())) return fail("\"" + label.name() + "\" is not a label name");
    if (!IsValidUtf8(label.value())) return fail("the value of label " + label.name() + " is not valid UTF-8");
    parsed.pairs.emplace_back(label.name(), label.value());
  }
  std::ranges::sort(parsed.pairs);
  for (size_t i = 1; i < parsed.pairs.size(); ++i) {
    if (parsed.pairs[i].first == parsed.pairs[i - 1].first)
      return fail("label " + parsed.pairs[i].first + " comes twice");
  }
  const auto name = std::ranges::find(parsed.pairs, storage::kMetricName, &storage::Labels::Pair::first);
  if (name == parsed.pairs.end()) return fail("has no label __name__");
  if (!exposition::IsValidMetricName(name->second)) return fail("\"" + name->second + "\" is not a metric name");
  return parsed;
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
    ParsedLabels labels = ParseLabels(series);
    if (!labels.problem.empty()) {
      note("timeseries[" + std::to_string(i) + "]: " + labels.problem);
      continue;
    }
    const storage::SeriesRef ref = storage.RefOf(storage::Labels(std::move(labels.pairs)));
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
