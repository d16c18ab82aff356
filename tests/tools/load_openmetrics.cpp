// Puts the samples of an OpenMetrics file with timestamps into an analyzer's store: load-openmetrics FILE STORAGE_PATH.
// The conformance tests give Prometheus the same file.

#include <iostream>
#include <map>
#include <vector>

#include "analyzer/storage/store.h"
#include "common/exposition/parser.h"
#include "common/file.h"

int main(int argc, char** argv) {
  using namespace tidemark;
  if (argc != 3) {
    std::cerr << "usage: load-openmetrics FILE STORAGE_PATH\n";
    return 2;
  }
  const std::string page = ReadFileOrThrow(argv[1], size_t{1} << 30);
  const SystemClock clock;
  const Logger logger(LogLevel::kWarn, LogFormat::kLogfmt);
  storage::Store store({.path = argv[2], .retention_ms = 0}, clock, logger);
  exposition::Parser parser(page, exposition::Format::kOpenMetrics);
  std::vector<exposition::Label> labels;
  std::map<int64_t, std::vector<storage::SeriesWrite>> by_time;
  while (true) {
    const auto entry = parser.Next();
    if (entry == exposition::Parser::Entry::kEnd) break;
    if (entry == exposition::Parser::Entry::kError ||
        (entry == exposition::Parser::Entry::kSample && !parser.Labels(labels))) {
      std::cerr << parser.error() << '\n';
      return 1;
    }
    if (entry != exposition::Parser::Entry::kSample) continue;
    std::vector<storage::Labels::Pair> pairs{{std::string(storage::kMetricName), std::string(parser.name())}};
    for (const exposition::Label& label : labels) pairs.emplace_back(label.name, label.value);
    by_time[parser.timestamp_ms().value()].push_back(
        {store.RefOf(storage::Labels(std::move(pairs))), {*parser.timestamp_ms(), parser.value()}});
  }
  for (auto& [time_ms, writes] : by_time) {
    const storage::AppendResult result = store.Append(writes);
    if (result.appended != writes.size()) {
      std::cerr << "sample refused at " << time_ms << '\n';
      return 1;
    }
  }
  return 0;
}
