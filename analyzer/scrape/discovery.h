#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/config/config.h"
#include "analyzer/scrape/target.h"
#include "analyzer/scrape/watchdog.h"
#include "common/log.h"

namespace tidemark::scrape {

/// Knows the targets of a configuration: those it lists, those in its discovery files, which are watched, and those its
/// discovery servers name, which are asked again and again. A file or server that fails keeps the targets it had.
/// All public calls may be made from any thread.
class Discovery {
 public:
  /// Gets every set of targets that differs from the one before, from one thread at a time.
  using OnTargets = std::function<void(const TargetSet& targets)>;

  Discovery(const Logger& logger, OnTargets on_targets);
  ~Discovery();

  /// Replaces the configuration. Targets from files are known when it returns, those from servers soon after.
  void SetConfig(const config::Config& config);

 private:
  /// What one discovery file or server said last.
  struct Source {
    std::string signature;  ///< of a file: changes when its content does
    std::vector<config::TargetGroup> groups;
    int64_t next_due_ms = 0;  ///< of a server
    bool failing = false;
  };
  struct Job {
    std::shared_ptr<const config::ScrapeConfig> config;
    std::map<std::string, Source> sources;  ///< by path or URL
  };

  void Run(const std::stop_token& stop);
  /// Looks at what is due. Returns whether any target group changed.
  bool Refresh(Job& job, bool with_servers);
  /// Adds the paths that are there to `present`.
  bool RefreshFiles(Job& job, const config::FileSdConfig& files, std::set<std::string>& present);
  bool RefreshServer(Job& job, const config::HttpSdConfig& server);
  void Publish();
  void ReportFailure(Source& source, const std::string& name, const std::string& error);

  const Logger& logger_;
  const OnTargets on_targets_;
  Watchdog watchdog_;
  std::mutex mutex_;  // guards jobs_ and its order of publishing
  std::vector<Job> jobs_;
  std::mutex wait_mutex_;  // for the condition variable only
  std::condition_variable_any stop_requested_;
  std::jthread thread_;
};

}  // namespace tidemark::scrape
