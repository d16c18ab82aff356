#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "analyzer/analyzer.h"
#include "analyzer/api/alerts_api.h"
#include "analyzer/api/backtest_api.h"
#include "analyzer/api/cross_origin.h"
#include "analyzer/api/federate.h"
#include "analyzer/api/notification_api.h"
#include "analyzer/api/pages.h"
#include "analyzer/api/performance_api.h"
#include "analyzer/api/prometheus_api.h"
#include "analyzer/api/prometheus_metadata.h"
#include "analyzer/api/prometheus_rules.h"
#include "analyzer/api/prometheus_status.h"
#include "analyzer/api/storage_api.h"
#include "analyzer/api/suggestions_api.h"
#include "analyzer/api/threshold_sets_api.h"
#include "analyzer/api/thresholds_api.h"
#include "analyzer/offline_checks.h"
#include "analyzer/options.h"
#include "analyzer/transfer/import.h"
#include "common/http/listen_address.h"
#include "common/http/server.h"
#include "common/signals.h"
#include "common/version.h"

namespace {

using namespace tidemark;

/// What the analyzer scrapes as itself: the first address, by a name that reaches it.
std::string OwnAddress(const http::ListenAddress& address) {
  const bool wildcard = address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
  return wildcard ? "localhost:" + std::to_string(address.port) : address.ToString();
}

/// As Prometheus makes it: the host's name and the port.
std::string DefaultExternalUrl(const http::ListenAddress& address) {
  std::array<char, HOST_NAME_MAX + 1> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0;
  return std::string("http://") + (known ? name.data() : "localhost") + ':' + std::to_string(address.port) + '/';
}

int Serve(const CommandLine& line) {
  const Logger logger(line.log_level, line.log_format);
  logger.Info("starting tidemark-analyzer", {{"version", kVersion}, {"pid", std::to_string(::getpid())}});
  std::vector<http::ListenAddress> addresses;
  for (const std::string& text : line.listen_addresses) addresses.push_back(http::ListenAddress::Parse(text));
  AnalyzerOptions options = line.analyzer;
  options.own_address = OwnAddress(addresses.front());
  if (options.rules_path.empty()) options.rules_path = FindShippedRules();
  if (options.external_url.empty()) options.external_url = DefaultExternalUrl(addresses.front());

  const SystemClock clock;
  // The analyzer tells of events before there is a server to send them.
  std::atomic<http::Server*> publisher = nullptr;
  Analyzer analyzer(options, clock, logger, [&](const std::string& name, const std::string& json) {
    if (http::Server* server = publisher.load())
      server->Publish(api::kEventChannel, "event: " + name + "\ndata: " + json + "\n\n");
  });
  http::Router router;
  api::Pages pages(analyzer);
  pages.AddRoutes(router);
  // Pages of other origins may read what Prometheus lets them read, and nothing that changes anything.
  http::Router prometheus;
  api::AddPrometheusRoutes(prometheus, analyzer);
  api::AddPrometheusMetadataRoutes(prometheus, analyzer);
  api::AddPrometheusRuleRoutes(prometheus, analyzer);
  api::AddPrometheusStatusRoutes(prometheus, analyzer, line.flags);
  router.Include(std::move(prometheus), api::CrossOrigin(line.cors_origin));
  api::AddFederateRoute(router, analyzer);
  api::AddPerformanceRoutes(router, analyzer);
  api::AddAlertRoutes(router, analyzer);
  api::AddNotificationRoutes(router, analyzer);
  api::AddThresholdSetRoutes(router, analyzer);
  api::AddThresholdRoutes(router, analyzer);
  api::AddBacktestRoute(router, analyzer);
  api::AddSuggestionRoute(router, analyzer);
  api::AddStorageRoutes(router, analyzer);
  http::Limits limits;
  constexpr size_t kWorkers = 4;
  limits.workers.fill(kWorkers);
  // More than may run at a time, so that some are in line, and told when their time is up.
  limits.workers[static_cast<size_t>(http::Lane::kQuery)] = line.analyzer.engine.max_concurrency + kWorkers;
  {
    std::vector<UniqueFd> listeners = http::ListenAll(addresses);
    for (const UniqueFd& listener : listeners) logger.Info("listening", {{"address", http::SocketName(listener)}});
    http::Server server(std::move(listeners), std::move(router), limits, logger, line.web_config_file);
    publisher = &server;
    while (WaitForSignal() == Signal::kReload) analyzer.Reload();
    logger.Info("stopping");
    publisher = nullptr;
    // An event may be on its way through the pointer just now.
    analyzer.StopEvaluation();
  }
  return 0;
}

/// An existing store, without its bounds: what is moved is not what they are for.
storage::StoreOptions OfflineStore(const CommandLine& line) {
  return {.path = line.analyzer.storage.path, .retention_ms = 0};
}

int Import(const CommandLine& line) {
  const Logger logger(LogLevel::kWarn, LogFormat::kLogfmt);
  const SystemClock clock;
  storage::Store store(OfflineStore(line), clock, logger);
  uint64_t refused = 0;
  for (const std::string& path : line.files) {
    const transfer::ImportReport report = transfer::Import(path, store);
    std::cerr << path << ": " << report.samples << " samples imported";
    if (report.refused > 0)
      std::cerr << ", " << report.refused
                << " refused (older than what their series has, or another value at one time)";
    if (report.refused_series > 0) std::cerr << ", " << report.refused_series << " series past the store's bounds";
    std::cerr << '\n';
    refused += report.refused + report.refused_series;
  }
  return refused == 0 ? 0 : 1;
}

int Export(const CommandLine& line) {
  const std::string& path = line.analyzer.storage.path;
  if (!std::filesystem::exists(JoinPath(path, storage::SeriesLog::kFileName)))
    throw std::runtime_error("there is no store in " + path + " (choose one with --storage.path)");
  const Logger logger(LogLevel::kWarn, LogFormat::kLogfmt);
  const SystemClock clock;
  const storage::Store store(OfflineStore(line), clock, logger);
  std::ofstream file;
  if (!line.output_file.empty()) {
    file.open(line.output_file, std::ios::binary | std::ios::trunc);
    if (!file) throw std::runtime_error("cannot write " + line.output_file);
  }
  std::ostream& out = line.output_file.empty() ? std::cout : file;
  const uint64_t samples = transfer::Export(store, line.transfer, [&](std::string_view text) {
    out << text;
    if (!out) throw std::runtime_error("cannot write the samples");
  });
  out.flush();
  if (!out) throw std::runtime_error("cannot write the samples");
  std::cerr << samples << " samples exported\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  BlockSignals();
  try {
    const CommandLine line = ParseCommandLine(argc, argv);
    switch (line.command) {
      case CommandLine::Command::kServe:
        return Serve(line);
      case CommandLine::Command::kCheckConfig:
        return CheckConfigs(line.files);
      case CommandLine::Command::kCheckRules:
        return CheckRules(line.files, line.lint_duplicates, line.lint_fatal);
      case CommandLine::Command::kTestRules:
        return TestRules(line.files);
      case CommandLine::Command::kImport:
        return Import(line);
      case CommandLine::Command::kExport:
        return Export(line);
      case CommandLine::Command::kBacktest:
        return RunBacktestCommand(line.backtest, line.analyzer.engine);
      case CommandLine::Command::kThresholds:
        return RunThresholdsCommand(line.thresholds);
      case CommandLine::Command::kExit:
        return line.exit_code;
    }
  } catch (const std::exception& error) {
    std::cerr << "tidemark-analyzer: " << error.what() << '\n';
    return 1;
  }
}
