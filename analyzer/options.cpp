#include "analyzer/options.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "analyzer/config/yaml_reader.h"
#include "common/command_line.h"
#include "common/duration.h"
#include "common/version.h"

namespace tidemark {
namespace {

int64_t RequireDuration(const std::string& flag, const std::string& text) {
  const std::optional<int64_t> duration_ms = ParseDurationMs(text);
  if (!duration_ms) throw std::invalid_argument(flag + " must be a duration such as 24h or 90m, not \"" + text + "\"");
  return *duration_ms;
}

/// Sizes have the form they have in the configuration file.
size_t RequireBytes(const std::string& flag, const std::string& text) {
  try {
    return config::YamlValue(flag, YAML::Node(text), "").Bytes();
  } catch (const config::ConfigError&) {
    throw std::invalid_argument(flag + " must be a size such as 256MB or 1GB, not \"" + text + "\"");
  }
}

}  // namespace

CommandLine ParseCommandLine(int argc, char** argv) {
  CommandLine line;
  CLI::App app{"Tidemark analyzer: scrapes, stores, evaluates thresholds, analyses, and serves it over HTTP",
               "tidemark-analyzer"};
  app.set_version_flag("--version", std::string("tidemark-analyzer, version ") + kVersion);
  app.set_help_flag("-h,--help", "Show this help and exit");
  app.option_defaults()->always_capture_default()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.require_subcommand(0, 1);

  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string retention = "24h";
  std::string max_memory = "256MB";
  std::string max_disk = "0";
  std::string lookback = "5m";
  std::string query_timeout = "2m";
  line.analyzer.storage.path = "data";
  const auto add_serve_flags = [&](CLI::App& target) {
    target.option_defaults()->always_capture_default()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    target.add_option("--config.file", line.analyzer.config_file,
                      "Configuration file; without one, localhost:9100 and the analyzer itself are scraped");
    target.add_option("--rules.path", line.analyzer.rules_path,
                      "Directory of recording rules, indicators, thresholds, health model and recommendations "
                      "(default: those that are shipped)");
    target.add_option("--web.listen-address", line.listen_addresses, "Addresses to serve on; repeatable")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
    target.add_option("--storage.path", line.analyzer.storage.path,
                      "Directory of samples and state; empty: nothing survives a restart");
    target.add_option("--storage.retention", retention, "How long samples are kept; 0 for ever");
    target.add_option("--storage.max-memory", max_memory,
                      "Memory for series and for samples that are not on disk; past a half of it new series are "
                      "refused");
    target.add_option("--storage.max-disk", max_disk,
                      "Size of the data directory; past it the oldest samples go; 0: no bound");
    target.add_option("--storage.max-series", line.analyzer.storage.max_series, "Series; past it new ones are refused");
    target.add_option("--query.lookback-delta", lookback, "How old the newest sample of a series may be");
    target.add_option("--query.timeout", query_timeout, "How long one query may take");
    target.add_option("--query.max-samples", line.analyzer.engine.max_samples,
                      "How many samples one query may load and compute");
    target.add_option("--log.level", log_level, "Log lines of this level and above: debug, info, warn, error");
    target.add_option("--log.format", log_format, "Format of log lines: logfmt, json");
  };
  add_serve_flags(app);
  CLI::App* serve = app.add_subcommand("serve", "Scrape, analyse and serve (the default command)");
  add_serve_flags(*serve);
  CLI::App* check = app.add_subcommand("check", "Check files without running");
  check->require_subcommand(1);
  CLI::App* check_config = check->add_subcommand("config", "Check configuration files");
  check_config->add_option("FILE", line.files, "Configuration files")->required();
  CLI::App* check_rules = check->add_subcommand("rules", "Check directories of rules, or recording rule files");
  check_rules->add_option("PATH", line.files, "Directories or files")->required();

  try {
    app.parse(ReversedArguments(argc, argv));
    line.log_level = ParseLogLevel(log_level);
    line.log_format = ParseLogFormat(log_format);
    line.analyzer.storage.retention_ms = RequireDuration("--storage.retention", retention);
    line.analyzer.storage.max_memory_bytes = RequireBytes("--storage.max-memory", max_memory);
    line.analyzer.storage.max_disk_bytes = RequireBytes("--storage.max-disk", max_disk);
    line.analyzer.engine.lookback_ms = RequireDuration("--query.lookback-delta", lookback);
    line.analyzer.engine.timeout = std::chrono::milliseconds(RequireDuration("--query.timeout", query_timeout));
  } catch (const CLI::ParseError& error) {
    line.exit_code = app.exit(error);
    return line;
  } catch (const std::invalid_argument& error) {
    std::cerr << "tidemark-analyzer: " << error.what() << '\n';
    line.exit_code = 1;
    return line;
  }
  line.command = check_config->parsed()  ? CommandLine::Command::kCheckConfig
                 : check_rules->parsed() ? CommandLine::Command::kCheckRules
                                         : CommandLine::Command::kServe;
  return line;
}

}  // namespace tidemark
