#include "exporter/options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <map>

#include "common/command_line.h"
#include "common/version.h"

namespace tidemark::exporter {
namespace {

/// Adds `--name` and `--no-name`; the last one on the command line wins. Not CLI11's own negated flags, so that the
/// help lists a switch once, as node_exporter's does.
void AddSwitch(CLI::App& app, const std::string& name, const std::string& help, std::string& value) {
  const std::string note = value == "true" ? " (default: enabled)" : " (default: disabled)";
  app.add_flag_callback(
      "--" + name, [&value] { value = "true"; }, help + note);
  app.add_flag_callback("--no-" + name, [&value] { value = "false"; })->group("");
}

/// Collectors of node_exporter 1.5.0 that there are none of here.
constexpr std::array<const char*, 3> kForeignCollectors{"perf", "runit", "supervisord"};
/// Flags of those and of its runtime, all with a value.
constexpr std::array<const char*, 5> kForeignFlags{"collector.perf.cpus", "collector.perf.tracepoint",
                                                   "collector.runit.servicedir", "collector.supervisord.url",
                                                   "runtime.gomaxprocs"};

/// Takes node_exporter's flags for what is left out here, so that its command line need not change: to ask for that is
/// told in `warnings`, to turn it off is fine.
void AddForeignFlags(CLI::App& app, std::vector<std::string>& warnings) {
  for (const std::string name : kForeignCollectors) {
    app.add_flag_callback("--collector." + name,
                          [&warnings, name] {
                            warnings.push_back("there is no collector " + name +
                                               " here, unlike in node_exporter: its metrics are missing");
                          })
        ->group("");
    app.add_flag_callback("--no-collector." + name, [] {})->group("");
  }
  for (const std::string name : kForeignFlags) {
    app.add_option_function<std::vector<std::string>>(
           "--" + name,
           [&warnings, name](const auto&) { warnings.push_back("--" + name + " of node_exporter has no effect here"); })
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false)
        ->group("");
  }
}

struct CollectorSwitch {
  bool given = false;
  bool enabled = false;
};

}  // namespace

ParsedOptions ParseOptions(int argc, char** argv) {
  ParsedOptions parsed;
  Options& options = parsed.options;
  CLI::App app{"Tidemark exporter: host and service metrics for Prometheus, a drop-in for node_exporter",
               "tidemark-exporter"};
  app.set_version_flag("--version", std::string("tidemark-exporter, version ") + kVersion);
  app.set_help_flag("-h,--help,--help-long", "Show this help and exit");
  app.option_defaults()->always_capture_default()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);

  std::string systemd_socket = "false";
  std::string disable_exporter_metrics = "false";
  std::string disable_defaults = "false";
  std::string log_level = "info";
  std::string log_format = "logfmt";
  app.add_option("--web.listen-address", options.listen_addresses, "Addresses to serve metrics on; repeatable")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  AddSwitch(app, "web.systemd-socket", "Serve on the sockets of a systemd .socket unit instead", systemd_socket);
  app.add_option("--web.config.file", options.web_config_file,
                 "YAML file with TLS and users, as other exporters have it (empty: plain HTTP for everybody)");
  app.add_option("--web.telemetry-path", options.telemetry_path, "Path under which to expose metrics");
  app.add_option("--web.max-requests", options.max_requests,
                 "Most scrapes that are made or wait at one time; more get 503 (0: no bound)");
  AddSwitch(app, "web.disable-exporter-metrics", "Leave out metrics about the exporter itself (promhttp_*, process_*)",
            disable_exporter_metrics);
  app.add_option("--path.procfs", options.paths.procfs, "Mount point of procfs");
  app.add_option("--path.sysfs", options.paths.sysfs, "Mount point of sysfs");
  app.add_option("--path.rootfs", options.paths.rootfs, "Where the host's root file system is mounted");
  app.add_option("--path.udev.data", options.paths.udev_data, "Path of the udev data");
  AddSwitch(app, "collector.disable-defaults", "Enable only the collectors that are named", disable_defaults);
  app.add_option("--log.level", log_level, "Log lines of this level and above: debug, info, warn, error");
  app.add_option("--log.format", log_format, "Format of log lines: logfmt, json");

  AddForeignFlags(app, options.warnings);

  std::vector<std::pair<CLI::Option*, FlagSpec>> old_names;
  std::map<std::string, std::vector<std::string>> lists;  // by flag
  std::map<std::string, CollectorSwitch> switches;
  for (const CollectorDescriptor* descriptor : AllCollectors()) {
    CollectorSwitch& chosen = switches[descriptor->name];
    const std::string flag = std::string("collector.") + descriptor->name;
    app.add_flag_callback(
        "--" + flag,
        [&chosen] {
          chosen = {true, true};
        },
        std::string("Enable the ") + descriptor->name +
            " collector (default: " + (descriptor->enabled_by_default ? "enabled)" : "disabled)"));
    app.add_flag_callback("--no-" + flag, [&chosen] { chosen = {true, false}; })->group("");
    for (const FlagSpec& spec : descriptor->flags) {
      std::string& value = options.flag_values[spec.name] = spec.default_value;
      if (spec.is_switch) {
        AddSwitch(app, spec.name, spec.help, value);
      } else if (spec.is_list) {
        app.add_option(std::string("--") + spec.name, lists[spec.name], spec.help)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->allow_extra_args(false);
      } else {
        CLI::Option* const option = app.add_option(std::string("--") + spec.name, value, spec.help);
        if (spec.old_name == nullptr) continue;
        CLI::Option* const old = app.add_option(std::string("--") + spec.old_name, value)->group("");
        old->excludes(option);
        old_names.emplace_back(old, spec);
      }
    }
  }

  try {
    app.parse(ReversedArguments(argc, argv));
    options.log_level = ParseLogLevel(log_level);
    options.log_format = ParseLogFormat(log_format);
    if (!options.telemetry_path.starts_with('/')) {
      throw CLI::ValidationError("--web.telemetry-path", "must start with \"/\"");
    }
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error);
    return parsed;
  } catch (const std::invalid_argument& error) {
    std::cerr << "tidemark-exporter: " << error.what() << '\n';
    parsed.exit_code = 1;
    return parsed;
  }
  for (const auto& [flag, values] : lists) {
    std::string& joined = options.flag_values[flag];
    for (const std::string& value : values) joined += (joined.empty() ? "" : "\n") + value;
  }
  for (const auto& [option, spec] : old_names) {
    if (option->count() == 0) continue;
    options.warnings.push_back(std::string("--") + spec.old_name + " is deprecated, use --" + spec.name);
  }
  options.disable_exporter_metrics = disable_exporter_metrics == "true";
  options.use_activated_sockets = systemd_socket == "true";
  for (const CollectorDescriptor* descriptor : AllCollectors()) {
    const CollectorSwitch& chosen = switches[descriptor->name];
    const bool by_default = descriptor->enabled_by_default && disable_defaults == "false";
    const bool by_flag =
        descriptor->enabling_flag != nullptr && !options.flag_values[descriptor->enabling_flag].empty();
    if (chosen.given ? chosen.enabled : by_default || by_flag)
      options.enabled_collectors.emplace_back(descriptor->name);
  }
  parsed.run = true;
  return parsed;
}

}  // namespace tidemark::exporter
