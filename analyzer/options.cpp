#include "analyzer/options.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "analyzer/promql/parser.h"
#include "common/command_line.h"
#include "common/duration.h"
#include "common/timestamp.h"
#include "common/version.h"
#include "common/yaml_reader.h"

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

int64_t RequireTime(const std::string& flag, const std::string& text) {
  const std::optional<int64_t> time_ms = ParseTimestampMs(text);
  if (!time_ms) throw std::invalid_argument(flag + " must be Unix seconds or RFC 3339, not \"" + text + "\"");
  return *time_ms;
}

/// Every flag with its value, that of the default where it is not given.
std::map<std::string, std::string> FlagValues(const CLI::App& app) {
  std::map<std::string, std::string> values;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || option == app.get_help_ptr() || option == app.get_version_ptr()) continue;
    std::string value = option->get_default_str();
    if (option->count() > 0) value = CLI::detail::join(option->results(), ",");
    values[option->get_lnames().front()] = value;
  }
  return values;
}

/// Adds `thresholds` with what can be done to them.
CLI::App* AddThresholdsCommand(CLI::App& app, ThresholdsCommand& command) {
  CLI::App* thresholds = app.add_subcommand("thresholds", "Read and change the thresholds of a running analyzer");
  thresholds->require_subcommand(1);
  using Action = ThresholdsCommand::Action;
  using Output = ThresholdsCommand::Output;
  const auto add = [&](const char* name, const char* what, Action action) {
    CLI::App* sub = thresholds->add_subcommand(name, what);
    sub->add_option("--url", command.url, "URL of the analyzer")->capture_default_str();
    sub->add_option("--http.config.file", command.http_config_file,
                    "YAML file with basic_auth, authorization and tls_config, as promtool takes it");
    sub->add_option("-o,--output", command.output, "table, json, or name (of list)")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, Output>{{"table", Output::kTable}, {"json", Output::kJson}, {"name", Output::kName}}))
        ->option_text("FORMAT=table");
    sub->callback([&command, action] { command.action = action; });
    return sub;
  };
  const auto add_window = [&](CLI::App* sub) {
    sub->add_option("--window", command.window, "How far to look back; default: a day");
  };
  add("list", "List thresholds", Action::kList)
      ->add_option("PATTERN", command.name, "Names, in which * stands for anything; default: all");
  add("get", "Show a threshold", Action::kGet)->add_option("NAME", command.name, "Its name")->required();
  CLI::App* set = add("set", "Change fields of a threshold, or put what a file has", Action::kSet);
  set->add_option("NAME", command.name, "Its name");
  set->add_option("FIELD=VALUE", command.assignments, "Fields to change, such as levels.warning=85 for=2m");
  set->add_option("-f,--file", command.file,
                  "A threshold, a set of them or a Prometheus rule file, as YAML or JSON; - is standard input");
  set->add_flag("--dry-run", command.dry_run, "Check, and show what would be stored");
  CLI::App* remove = add("rm", "Delete a threshold; of one that files have their version comes back", Action::kRemove);
  remove->add_option("NAME", command.name, "Its name")->required();
  remove->add_flag("--dry-run", command.dry_run, "Check only");
  CLI::App* backtest = add("backtest", "Show how often a threshold would have alerted", Action::kBacktest);
  CLI::Option* name = backtest->add_option("NAME", command.name, "Of one that is saved");
  backtest->add_option("-f,--file", command.file, "One that is not, as YAML or JSON; - is standard input")
      ->excludes(name);
  add_window(backtest);
  add_window(add("suggest", "Propose thresholds from what was seen", Action::kSuggest));
  return thresholds;
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
  std::string outage_tolerance = "1h";
  std::string grace_period = "10m";
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
    target.add_option("--web.config.file", line.web_config_file,
                      "YAML file with TLS and users, as Prometheus has it (empty: plain HTTP for everybody)");
    target.add_option("--web.cors.origin", line.cors_origin,
                      "Regular expression of the origins whose pages may read the Prometheus HTTP API in a browser");
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
    target
        .add_option("--query.max-concurrency", line.analyzer.engine.max_concurrency,
                    "How many queries of clients run at a time; more wait in line")
        ->check(CLI::Range(1, 1000));
    target.add_option("--query.max-samples", line.analyzer.engine.max_samples,
                      "How many samples one query may load and compute");
    target.add_option(
        "--web.external-url", line.analyzer.external_url,
        "URL under which people reach the analyzer, for links in alerts (default: this host and the port)");
    target.add_option("--rules.alert.for-outage-tolerance", outage_tolerance,
                      "Longest outage after which the state of pending alerts of rule files is restored");
    target.add_option("--rules.alert.for-grace-period", grace_period,
                      "A restored alert of a rule file fires no earlier; rules with a shorter 'for' begin anew");
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
  CLI::App* check_rules =
      check->add_subcommand("rules", "Check rule files, or directories laid out as the shipped rules");
  check_rules->add_option("PATH", line.files, "Files or directories")->required();
  std::string lint = "duplicate-rules";
  check_rules->add_option("--lint", lint, "What is told beside errors: all, duplicate-rules, none")
      ->check(CLI::IsMember({"all", "duplicate-rules", "none"}))
      ->capture_default_str();
  check_rules->add_flag("--lint-fatal", line.lint_fatal, "Exit with 3 when there is something to tell");
  CLI::App* test = app.add_subcommand("test", "Run unit tests");
  test->require_subcommand(1);
  CLI::App* test_rules = test->add_subcommand("rules", "Run unit tests of rules, in the format of promtool");
  test_rules->add_option("FILE", line.files, "Files of unit tests")->required();

  CLI::App* import =
      app.add_subcommand("import", "Read samples from files into the store, while no analyzer runs on it");
  import->add_option("FILE", line.files, "OpenMetrics with timestamps, or CSV (*.csv)")->required();
  import->add_option("--storage.path", line.analyzer.storage.path, "Directory of the store")->capture_default_str();
  std::vector<std::string> matches;
  std::string start;
  std::string end;
  std::string format = "openmetrics";
  CLI::App* export_command = app.add_subcommand(
      "export", "Write samples of the store, while no analyzer runs on it, so that import reads them back");
  export_command
      ->add_option("--match", matches, "Series selector such as 'node_load1{job=\"node\"}'; repeatable; default: all")
      ->allow_extra_args(false);
  export_command->add_option("--start", start, "First time: Unix seconds or RFC 3339");
  export_command->add_option("--end", end, "Last time");
  export_command->add_option("--format", format, "openmetrics, csv")->capture_default_str();
  export_command->add_option("--output", line.output_file, "File to write; default: standard output");
  export_command->add_option("--storage.path", line.analyzer.storage.path, "Directory of the store")
      ->capture_default_str();

  std::string backtest_interval = "30s";
  CLI::App* backtest = app.add_subcommand(
      "backtest", "Show how often thresholds of a file would have alerted on stored samples, while no analyzer runs");
  backtest->add_option("FILE", line.backtest.thresholds_file, "Thresholds, in the form of rules/thresholds.yml")
      ->required();
  backtest->add_option("--from", start, "First time: Unix seconds or RFC 3339; default: a day before the last");
  backtest->add_option("--to", end, "Last time; default: that of the newest sample");
  backtest->add_option("--interval", backtest_interval, "Time between evaluations")->capture_default_str();
  backtest->add_option("--storage.path", line.analyzer.storage.path, "Directory of the store")->capture_default_str();
  backtest->add_option("--samples", line.backtest.samples_file,
                       "File that export wrote (OpenMetrics, or *.csv), in place of a store");
  backtest->add_option("--max-alerts", line.backtest.max_alerts,
                       "Exit with 3 when a threshold alerts more often than this");
  backtest->add_flag("--json", line.backtest.as_json, "Print the whole reports as JSON");
  CLI::App* thresholds = AddThresholdsCommand(app, line.thresholds);

  try {
    app.parse(ReversedArguments(argc, argv));
    line.flags = FlagValues(serve->parsed() ? *serve : app);
    line.log_level = ParseLogLevel(log_level);
    line.log_format = ParseLogFormat(log_format);
    line.lint_duplicates = lint != "none";
    line.analyzer.restore = {RequireDuration("--rules.alert.for-outage-tolerance", outage_tolerance),
                             RequireDuration("--rules.alert.for-grace-period", grace_period)};
    line.analyzer.storage.retention_ms = RequireDuration("--storage.retention", retention);
    line.analyzer.storage.max_memory_bytes = RequireBytes("--storage.max-memory", max_memory);
    line.analyzer.storage.max_disk_bytes = RequireBytes("--storage.max-disk", max_disk);
    line.analyzer.engine.lookback_ms = RequireDuration("--query.lookback-delta", lookback);
    line.analyzer.engine.timeout = std::chrono::milliseconds(RequireDuration("--query.timeout", query_timeout));
    for (const std::string& match : matches) line.transfer.selections.push_back(promql::ParseSelector(match));
    if (matches.empty()) line.transfer.selections.emplace_back();
    line.backtest.storage_path = line.analyzer.storage.path;
    line.backtest.interval_ms = RequireDuration("--interval", backtest_interval);
    if (line.backtest.interval_ms <= 0) throw std::invalid_argument("--interval must be more than 0");
    const bool is_backtest = backtest->parsed();
    if (!start.empty()) {
      line.transfer.from_ms = RequireTime(is_backtest ? "--from" : "--start", start);
      line.backtest.from_ms = line.transfer.from_ms;
    }
    if (!end.empty()) {
      line.transfer.to_ms = RequireTime(is_backtest ? "--to" : "--end", end);
      line.backtest.to_ms = line.transfer.to_ms;
    }
    if (format != "openmetrics" && format != "csv") throw std::invalid_argument("--format must be openmetrics or csv");
    line.transfer.format = format == "csv" ? transfer::ExportFormat::kCsv : transfer::ExportFormat::kOpenMetrics;
  } catch (const promql::ParseError& error) {
    std::cerr << "tidemark-analyzer: --match: " << error.what() << '\n';
    line.exit_code = 1;
    return line;
  } catch (const CLI::ParseError& error) {
    line.exit_code = app.exit(error);
    return line;
  } catch (const std::invalid_argument& error) {
    std::cerr << "tidemark-analyzer: " << error.what() << '\n';
    line.exit_code = 1;
    return line;
  }
  line.command = check_config->parsed()     ? CommandLine::Command::kCheckConfig
                 : check_rules->parsed()    ? CommandLine::Command::kCheckRules
                 : test_rules->parsed()     ? CommandLine::Command::kTestRules
                 : import->parsed()         ? CommandLine::Command::kImport
                 : export_command->parsed() ? CommandLine::Command::kExport
                 : backtest->parsed()       ? CommandLine::Command::kBacktest
                 : thresholds->parsed()     ? CommandLine::Command::kThresholds
                                            : CommandLine::Command::kServe;
  return line;
}

}  // namespace tidemark
