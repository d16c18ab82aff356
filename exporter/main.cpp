#include <malloc.h>
#include <unistd.h>

#include <iostream>

#include "common/http/listen_address.h"
#include "common/http/server.h"
#include "common/http/socket_activation.h"
#include "common/signals.h"
#include "common/startup_pages.h"
#include "common/version.h"
#include "exporter/collector_set.h"
#include "exporter/metrics_endpoint.h"
#include "exporter/options.h"

namespace {

std::vector<tidemark::UniqueFd> OpenListeners(const tidemark::exporter::Options& options) {
  using namespace tidemark;
  if (options.use_activated_sockets) return http::ActivatedSockets();
  std::vector<http::ListenAddress> addresses;
  for (const std::string& text : options.listen_addresses) addresses.push_back(http::ListenAddress::Parse(text));
  return http::ListenAll(addresses);
}

int Run(const tidemark::exporter::Options& options) {
  using namespace tidemark;
  const StartupPages startup_pages;
  const Logger logger(options.log_level, options.log_format);
  logger.Info("starting tidemark-exporter", {{"version", kVersion}, {"pid", std::to_string(::getpid())}});
  for (const std::string& warning : options.warnings) logger.Warn(warning);
  exporter::CollectorSet collectors(options.enabled_collectors,
                                    {.paths = options.paths, .logger = logger, .flag_values = options.flag_values});
  exporter::MetricsEndpoint endpoint(collectors, options);
  constexpr uint64_t kFirstPages = 10;  // the first of them look up symbols and compile patterns
  endpoint.AfterFirstPages(kFirstPages, [&] { startup_pages.Release(); });
  http::Router router;
  endpoint.AddRoutes(router);
  std::vector<UniqueFd> listeners = OpenListeners(options);
  for (const UniqueFd& listener : listeners) logger.Info("listening", {{"address", http::SocketName(listener)}});
  http::Limits limits;
  limits.body_bytes = 0;  // no page of the exporter takes a body
  limits.workers = {3};   // pages are made one at a time, for all who ask meanwhile; the rest answers health checks
  const http::Server server(std::move(listeners), std::move(router), limits, logger, options.web_config_file);
  startup_pages.Release();
  while (WaitForSignal() == Signal::kReload) {
    try {
      collectors.Reload();
      endpoint.Reload();
      logger.Info("the configuration file was read again");
    } catch (const std::exception& error) {
      logger.Error("the configuration stays as it is", {{"err", error.what()}});
    }
  }
  logger.Info("stopping");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Pages are made one at a time: one heap for all threads is enough, and smaller.
  ::mallopt(M_ARENA_MAX, 1);
  tidemark::BlockSignals();
  const tidemark::exporter::ParsedOptions parsed = tidemark::exporter::ParseOptions(argc, argv);
  if (!parsed.run) return parsed.exit_code;
  try {
    return Run(parsed.options);
  } catch (const std::exception& error) {
    std::cerr << "tidemark-exporter: " << error.what() << '\n';
    return 1;
  }
}
