#include "analyzer/scrape/scrape_manager.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>

namespace tidemark::scrape {
namespace {

/// More scrapes than this at one moment wait for each other.
constexpr size_t kMaxWorkers = 256;

/// The first time at or after `now_ms` that is `offset_ms` into an interval.
int64_t NextDue(int64_t now_ms, int64_t interval_ms, int64_t offset_ms) {
  const int64_t base = now_ms - (now_ms % interval_ms) + offset_ms;
  return base >= now_ms ? base : base + interval_ms;
}

prometheus::Counter& MakeCounter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

ScrapeManager::ScrapeManager(storage::Appendable& storage, const Clock& clock, const Logger& logger,
                             prometheus::Registry& registry)
    : storage_(storage),
      clock_(clock),
      logger_(logger),
      scrapes_(MakeCounter(registry, "tidemark_scrapes_total", "Scrapes that were started.")),
      failures_(MakeCounter(registry, "tidemark_scrape_failures_total", "Scrapes that gave no usable page.")),
      skipped_(MakeCounter(registry, "tidemark_scrapes_skipped_total",
                           "Scrapes left out because the target's last one was still running.")),
      scheduler_([this](const std::stop_token& stop) { RunScheduler(stop); }) {}

ScrapeManager::~ScrapeManager() {
  scheduler_.request_stop();
  scheduler_.join();
  for (std::jthread& worker : workers_) worker.request_stop();
  // A fetch that starts between two of these rounds is cut off by the next.
  while (true) {
    watchdog_.FireAll();
    {
      const std::lock_guard lock(mutex_);
      if (running_ == 0) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  workers_.clear();
}

void ScrapeManager::SetTargets(const TargetSet& targets) {
  const int64_t now_ms = clock_.NowMs();
  std::vector<std::shared_ptr<Job>> removed;
  {
    const std::lock_guard lock(mutex_);
    std::unordered_map<std::string, std::shared_ptr<Job>> known;
    for (auto& job : jobs_) known.emplace(job->status.target.Identity(), job);
    std::vector<std::shared_ptr<Job>> next;
    for (const Target& target : targets.active) {
      if (const auto it = known.find(target.Identity()); it != known.end()) {
        next.push_back(it->second);
        known.erase(it);
        continue;
      }
      auto job = std::make_shared<Job>();
      job->ingester = std::make_unique<Ingester>(target, storage_);
      job->connection = std::make_unique<HttpConnection>(target.BaseUrl(), target.job->client);
      // The first scrape comes at once, spread over two seconds at most: a page opened right after the start has data.
      constexpr int64_t kFirstSpreadMs = 2000;
      job->offset_ms = target.OffsetMs();
      job->next_due_ms = now_ms + job->offset_ms % std::min(kFirstSpreadMs, target.scrape_interval_ms);
      job->status.target = target;
      next.push_back(std::move(job));
    }
    for (auto& [identity, job] : known) {
      job->removed = true;
      if (!job->running) removed.push_back(job);
    }
    jobs_ = std::move(next);
    schedule_ = decltype(schedule_)(IsDueLater{}, jobs_);
    dropped_ = targets.dropped;
    targets_changed_ = true;
    schedule_changed_.notify_all();
  }
  for (const auto& job : removed) job->ingester->IngestEnd(now_ms);
}

std::vector<TargetStatus> ScrapeManager::Targets() const {
  const std::lock_guard lock(mutex_);
  std::vector<TargetStatus> statuses;
  for (const auto& job : jobs_) statuses.push_back(job->status);
  return statuses;
}

std::vector<storage::Labels> ScrapeManager::DroppedTargets() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void ScrapeManager::RunScheduler(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const int64_t now_ms = clock_.NowMs();
    while (!schedule_.empty() && schedule_.top()->next_due_ms <= now_ms) {
      const std::shared_ptr<Job> job = schedule_.top();
      schedule_.pop();
      job->next_due_ms = NextDue(now_ms + 1, job->status.target.scrape_interval_ms, job->offset_ms);
      schedule_.push(job);
      if (job->running) {
        skipped_.Increment();
        continue;
      }
      job->running = true;
      queue_.push_back(job);
      StartWorkerIfNeeded();
      work_available_.notify_one();
    }
    constexpr int64_t kIdleMs = 60'000;
    const int64_t next_ms = schedule_.empty() ? now_ms + kIdleMs : schedule_.top()->next_due_ms;
    const std::chrono::milliseconds wait(std::max<int64_t>(1, next_ms - clock_.NowMs()));
    schedule_changed_.wait_for(lock, stop, wait, [this] { return targets_changed_; });
    targets_changed_ = false;
  }
}

void ScrapeManager::StartWorkerIfNeeded() {
  if (idle_workers_ >= queue_.size() || workers_.size() >= kMaxWorkers) return;
  workers_.emplace_back([this](const std::stop_token& stop) { RunWorker(stop); });
}

void ScrapeManager::RunWorker(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_workers_;
    const bool has_work = work_available_.wait(lock, stop, [this] { return !queue_.empty(); });
    --idle_workers_;
    if (!has_work || stop.stop_requested()) {
      // What was queued but not begun is not running any more.
      for (const auto& job : queue_) job->running = false;
      queue_.clear();
      return;
    }
    const std::shared_ptr<Job> job = queue_.front();
    queue_.pop_front();
    ++running_;
    lock.unlock();
    Scrape(*job, clock_.NowMs());
    lock.lock();
    if (job->removed) job->ingester->IngestEnd(clock_.NowMs());
    job->running = false;
    --running_;
  }
}

void ScrapeManager::Scrape(Job& job, int64_t time_ms) {
  scrapes_.Increment();
  const Target& target = job.status.target;  // never changes while the job exists
  const auto begin = std::chrono::steady_clock::now();
  FetchResult fetched;
  try {
    fetched = Fetch(target, *job.connection, watchdog_);
  } catch (const std::exception& error) {
    fetched.error = error.what();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::string error = fetched.error;
  size_t refused_series = 0;
  std::shared_ptr<const MetadataMap> metadata;
  if (error.empty()) {
    const IngestResult result = job.ingester->IngestPage(fetched.body, fetched.format, time_ms, seconds);
    error = result.error;
    refused_series = result.series_refused;
    // It seldom changes, and then series mostly do, too.
    constexpr int kPagesBetween = 20;
    if (error.empty() && (result.series_added > 0 || ++job.pages_since_metadata >= kPagesBetween)) {
      metadata = std::make_shared<const MetadataMap>(ReadMetadata(fetched.body, fetched.format));
      job.pages_since_metadata = 0;
    }
  } else {
    job.ingester->IngestFailure(time_ms, seconds);
  }
  if (!error.empty()) failures_.Increment();

  const std::lock_guard lock(mutex_);
  if (error != job.status.last_error) {
    if (error.empty()) {
      logger_.Info("target is up again", {{"target", target.Url()}});
    } else {
      logger_.Warn("scrape failed", {{"target", target.Url()}, {"err", error}});
    }
  }
  if (refused_series > 0 && !job.refused_series) {
    logger_.Warn(
        "the store refuses new series of a target (raise --storage.max-series or --storage.max-memory, or drop "
        "some with metric_relabel_configs)",
        {{"target", target.Url()}, {"series", std::to_string(refused_series)}});
  }
  job.refused_series = refused_series > 0;
  job.status.health = error.empty() ? TargetStatus::Health::kUp : TargetStatus::Health::kDown;
  job.status.last_error = error;
  if (metadata) job.status.metadata = std::move(metadata);
  job.status.last_scrape_ms = time_ms;
  job.status.last_duration_seconds = seconds;
}

}  // namespace tidemark::scrape
