#include "analyzer/offline_checks.h"

#include <filesystem>
#include <iostream>

#include "analyzer/config/config.h"
#include "analyzer/notify/sender.h"
#include "analyzer/rule_set.h"
#include "analyzer/rules/unit_test.h"
#include "common/file.h"

namespace tidemark {
namespace {

constexpr int kLintExitCode = 3;

/// Prints what is wrong as promtool does: headings and empty lines on standard output, the faults on standard error.
void PrintFailures(const std::vector<std::string>& failures) {
  std::cerr << "  FAILED:\n" << std::flush;
  for (const std::string& failure : failures) {
    std::cerr << failure << '\n' << std::flush;
    std::cout << '\n' << std::flush;
  }
}

/// Calls `check` for each path, which prints what it finds; an error is printed under FAILED.
template <typename F>
int Each(const std::vector<std::string>& paths, const char* heading, F&& check) {
  int exit_code = 0;
  for (const std::string& path : paths) {
    std::cout << heading << path << '\n' << std::flush;
    try {
      exit_code = std::max(exit_code, check(path));
    } catch (const std::exception& error) {
      PrintFailures({error.what()});
      exit_code = 1;
    }
  }
  return exit_code;
}

void PrintSuccess(const std::string& what) {
  std::cout << "  SUCCESS" << (what.empty() ? "" : ": ") << what << "\n\n" << std::flush;
}

int CheckRuleDirectory(const std::string& path) {
  const RuleSetPtr rules = LoadRuleSet(path, {}, {});
  PrintSuccess(std::to_string(rules->shipped_groups.size()) + " rule groups, " +
               std::to_string(rules->indicators.size()) + " indicators, " + std::to_string(rules->thresholds.size()) +
               " thresholds, " + std::to_string(rules->health.factors.size()) + " health factors, " +
               std::to_string(rules->recommendations.size()) + " recommendations found");
  return 0;
}

}  // namespace

int CheckConfigs(const std::vector<std::string>& paths) {
  return Each(paths, "Checking ", [](const std::string& path) {
    const config::Config config = config::LoadConfig(path);
    const size_t groups = rules::LoadRuleFiles(config.rule_files).size();
    const size_t thresholds = thresholds::LoadThresholdFiles(config.threshold_files).size();
    const std::vector<config::ReceiverConfig>& receivers = config.alerting.notification.receivers;
    for (const config::ReceiverConfig& receiver : receivers)
      (void)notify::MakeIntegrations(receiver, JoinPath(FindShippedRules(), "notify"));
    PrintSuccess(std::to_string(config.scrape_configs.size()) + " scrape jobs, " + std::to_string(groups) +
                 " rule groups, " + std::to_string(thresholds) + " thresholds, " + std::to_string(receivers.size()) +
                 " receivers found");
    return 0;
  });
}

int CheckRules(const std::vector<std::string>& paths, bool lint_duplicates, bool lint_fatal) {
  bool told = false;
  const int exit_code = Each(paths, "Checking ", [&](const std::string& path) {
    if (std::filesystem::is_directory(path)) return CheckRuleDirectory(path);
    const std::vector<rules::RuleGroup> groups = rules::LoadRuleFile(path);
    const std::vector<std::string> duplicates =
        lint_duplicates ? rules::DuplicateRules(groups) : std::vector<std::string>();
    if (duplicates.empty()) {
      size_t count = 0;
      for (const rules::RuleGroup& group : groups) count += group.rules.size();
      PrintSuccess(std::to_string(count) + " rules found");
      return 0;
    }
    told = true;
    std::string text = "lint error " + std::to_string(duplicates.size()) + " duplicate rule(s) found.\n";
    for (const std::string& duplicate : duplicates) text += duplicate + '\n';
    PrintFailures({text + "Might cause inconsistency while recording expressions"});
    return 0;
  });
  return exit_code == 0 && told && lint_fatal ? kLintExitCode : exit_code;
}

int TestRules(const std::vector<std::string>& paths) {
  return Each(paths, "Unit Testing:  ", [](const std::string& path) {
    std::vector<std::string> warnings;
    const std::vector<std::string> failures = rules::RunUnitTests(rules::LoadUnitTestFile(path), warnings);
    for (const std::string& warning : warnings) std::cerr << "  WARNING: " << warning << '\n';
    if (failures.empty()) {
      PrintSuccess("");
      return 0;
    }
    PrintFailures(failures);
    std::cout << '\n' << std::flush;
    return 1;
  });
}

}  // namespace tidemark
