#pragma once

#include <string>
#include <vector>

namespace tidemark {

// The commands that check files without running anything. Each returns the program's exit code, as promtool has it: 0
// all well, 1 something is wrong, 3 something is to be told and --lint-fatal was given.

int CheckConfigs(const std::vector<std::string>& paths);
/// Rule files; or directories laid out as the shipped rules, checked as a whole.
int CheckRules(const std::vector<std::string>& paths, bool lint_duplicates, bool lint_fatal);
int TestRules(const std::vector<std::string>& paths);

}  // namespace tidemark
