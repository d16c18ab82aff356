#include "exporter/services/process_finder.h"

#include <re2/re2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "common/file.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::services {
namespace {

/// A new process is looked at so often: what forks first and becomes its program a moment later is found.
constexpr uint32_t kFirstLooks = 3;
constexpr size_t kMaxCommandLineBytes = 1 << 20;

std::string LinkTarget(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return length > 0 ? std::string(target.data(), static_cast<size_t>(length)) : "";
}

/// The arguments, which zero bytes end, with blanks between them.
std::string CommandLine(const std::string& path) {
  std::string text;
  if (ReadFile(path, kMaxCommandLineBytes, text) != 0) return "";
  while (text.ends_with('\0')) text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

}  // namespace

ProcessFinder::ProcessFinder(std::string procfs, std::vector<ProcessPattern> patterns)
    : procfs_(std::move(procfs)), patterns_(std::move(patterns)) {}

bool ProcessFinder::Matches(const ProcessPattern& pattern, const ProcessStat& stat, const std::string& path) const {
  if (!pattern.name.empty() && stat.name != pattern.name) return false;
  if (pattern.user) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || status.st_uid != *pattern.user) return false;
  }
  if (!pattern.executable.empty()) {
    // The kernel says so of a program that was replaced while it runs.
    constexpr std::string_view kDeleted = " (deleted)";
    std::string target = LinkTarget(path + "/exe");
    if (target.ends_with(kDeleted)) target.resize(target.size() - kDeleted.size());
    if (target != pattern.executable) return false;
  }
  return pattern.command_line == nullptr ||
         re2::RE2::PartialMatch(CommandLine(path + "/cmdline"), *pattern.command_line);
}

void ProcessFinder::Look(pid_t pid, Known& known) {
  const std::string path = JoinPath(procfs_, std::to_string(pid));
  std::string content;
  constexpr size_t kMaxStatBytes = 64 << 10;
  known.patterns.clear();
  if (ReadFile(path + "/stat", kMaxStatBytes, content) != 0) return;
  const auto stat = ParseProcessStat(content);
  if (!stat) return;
  if (stat->id.start_ticks != known.start_ticks) known.looks = 0;
  known.start_ticks = stat->id.start_ticks;
  ++known.looks;
  for (size_t i = 0; i < patterns_.size(); ++i) {
    if (Matches(patterns_[i], *stat, path)) known.patterns.push_back(static_cast<uint32_t>(i));
  }
}

std::vector<std::vector<pid_t>> ProcessFinder::Find() {
  ++walk_;
  std::vector<std::vector<pid_t>> found(patterns_.size());
  for (const std::string& name : procfs::Entries(procfs_)) {
    const auto number = procfs::NumberAfter(name, "").empty() ? std::nullopt : procfs::ParseUnsigned(name);
    if (!number || *number > INT_MAX) continue;
    const auto pid = static_cast<pid_t>(*number);
    Known& known = known_[pid];
    known.last_walk = walk_;
    const bool is_due = static_cast<uint32_t>(pid) % kRounds == walk_ % kRounds;
    if (known.looks < kFirstLooks || !known.patterns.empty() || is_due) Look(pid, known);
    for (const uint32_t pattern : known.patterns) found[pattern].push_back(pid);
  }
  std::erase_if(known_, [&](const auto& entry) { return entry.second.last_walk != walk_; });
  for (auto& pids : found) std::ranges::sort(pids);
  return found;
}

}  // namespace tidemark::exporter::services
