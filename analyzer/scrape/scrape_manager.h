#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/config/config.h"
#include "analyzer/scrape/http_connection.h"
#include "analyzer/scrape/ingester.h"
#include "analyzer/scrape/metadata.h"
#include "analyzer/scrape/page_fetch.h"
#include "analyzer/scrape/target.h"
#include "analyzer/scrape/watchdog.h"
#include "analyzer/storage/storage.h"
#include "common/clock.h"
#include "common/log.h"

namespace tidemark::scrape {

/// A target and how its last scrape went, for /api/v1/targets.
struct TargetStatus {
  Target target;
  enum class Health { kUnknown, kUp, kDown } health = Health::kUnknown;
  std::string last_error;
  int64_t last_scrape_ms = 0;
  double last_duration_seconds = 0;
  std::shared_ptr<const MetadataMap> metadata;  ///< of a page not many scrapes ago; null before the first
};

/// Scrapes every target at its interval. Each running scrape has a thread, taken from a pool that grows with need: a
/// target that is dead, slow or endless holds one thread for its timeout, and no other target waits.
/// All public calls may be made from any thread.
class ScrapeManager {
 public:
  ScrapeManager(storage::Appendable& storage, const Clock& clock, const Logger& logger, prometheus::Registry& registry);
  /// Cuts off running scrapes and waits for their threads.
  ~ScrapeManager();

  /// Replaces the targets. Those that stay go on undisturbed; series of those that went are marked stale.
  void SetTargets(const TargetSet& targets);

  [[nodiscard]] std::vector<TargetStatus> Targets() const;
  /// Labels of the targets that relabelling dropped.
  [[nodiscard]] std::vector<storage::Labels> DroppedTargets() const;

 private:
  struct Job {
    TargetStatus status;
    std::unique_ptr<Ingester> ingester;
    std::unique_ptr<HttpConnection> connection;
    int64_t offset_ms = 0;  ///< into its interval
    int64_t next_due_ms = 0;
    bool running = false;
    bool removed = false;
    bool refused_series = false;   ///< by the store, in the last scrape
    int pages_since_metadata = 0;  ///< of the thread that scrapes
  };

  struct IsDueLater {
    bool operator()(const std::shared_ptr<Job>& a, const std::shared_ptr<Job>& b) const {
      return a->next_due_ms > b->next_due_ms;
    }
  };

  void RunScheduler(const std::stop_token& stop);
  void RunWorker(const std::stop_token& stop);
  void Scrape(Job& job, int64_t time_ms);
  void StartWorkerIfNeeded();

  storage::Appendable& storage_;
  const Clock& clock_;
  const Logger& logger_;
  prometheus::Counter& scrapes_;
  prometheus::Counter& failures_;
  prometheus::Counter& skipped_;
  Watchdog watchdog_;

  mutable std::mutex mutex_;  // guards everything below, and each Job's fields but ingester and connection
  std::condition_variable_any schedule_changed_;
  std::condition_variable_any work_available_;
  std::vector<std::shared_ptr<Job>> jobs_;
  std::priority_queue<std::shared_ptr<Job>, std::vector<std::shared_ptr<Job>>, IsDueLater> schedule_;  // of jobs_
  std::vector<storage::Labels> dropped_;
  std::deque<std::shared_ptr<Job>> queue_;
  size_t idle_workers_ = 0;
  size_t running_ = 0;
  bool targets_changed_ = false;
  std::vector<std::jthread> workers_;
  std::jthread scheduler_;
};

}  // namespace tidemark::scrape
