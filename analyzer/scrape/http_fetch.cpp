#include "analyzer/scrape/http_fetch.h"

#include <httplib.h>

#include "common/number_format.h"
#include "common/version.h"

namespace tidemark::scrape {

using std::chrono::steady_clock;

Watchdog::Watchdog() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Watchdog::Guard::Guard(Watchdog& watchdog, std::chrono::milliseconds timeout, std::function<void()> on_timeout)
    : watchdog_(watchdog) {
  const std::lock_guard lock(watchdog_.mutex_);
  id_ = watchdog_.next_id_++;
  entry_ = watchdog_.entries_.emplace(steady_clock::now() + timeout, std::pair(id_, std::move(on_timeout)));
  watchdog_.waiting_[id_] = true;
  watchdog_.changed_.notify_all();
}

Watchdog::Guard::~Guard() {
  const std::lock_guard lock(watchdog_.mutex_);
  if (watchdog_.waiting_.erase(id_) > 0) watchdog_.entries_.erase(entry_);
}

void Watchdog::FireAll() {
  const std::lock_guard lock(mutex_);
  for (auto& [deadline, entry] : entries_) entry.second();
  entries_.clear();
  waiting_.clear();
}

void Watchdog::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (entries_.empty()) {
      changed_.wait(lock, stop, [this] { return !entries_.empty(); });
      continue;
    }
    const auto next = entries_.begin();
    if (steady_clock::now() < next->first) {
      const auto deadline = next->first;
      changed_.wait_until(lock, stop, deadline,
                          [this, deadline] { return entries_.empty() || entries_.begin()->first < deadline; });
      continue;
    }
    next->second.second();
    waiting_.erase(next->second.first);
    entries_.erase(next);
  }
}

FetchResult Fetch(const Target& target, Watchdog& watchdog) {
  FetchResult result;
  const std::chrono::milliseconds timeout(target.job.scrape_timeout_ms);
  httplib::Client client(target.BaseUrl());
  if (!client.is_valid()) {
    result.error = "not a usable address: " + target.BaseUrl();
    return result;
  }
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  client.set_follow_location(true);
  std::string timeout_seconds;
  AppendGoFloat(timeout_seconds, static_cast<double>(target.job.scrape_timeout_ms) / 1000);
  const httplib::Headers headers = {{"Accept",
                                     "application/openmetrics-text;version=1.0.0,application/"
                                     "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"},
                                    {"Accept-Encoding", "gzip"},
                                    {"User-Agent", std::string("tidemark-analyzer/") + kVersion},
                                    {"X-Prometheus-Scrape-Timeout-Seconds", timeout_seconds}};
  bool timed_out = false;
  bool too_large = false;
  int status = 0;
  httplib::Error client_error = httplib::Error::Success;
  {
    // httplib's own timeouts start anew with every byte; this one does not.
    const Watchdog::Guard guard(watchdog, timeout, [&] {
      timed_out = true;
      client.stop();
    });
    const httplib::Result answer = client.Get(
        target.PathAndQuery(), headers,
        [&](const httplib::Response& response) {
          status = response.status;
          result.body.clear();
          if (response.get_header_value("Content-Type").starts_with("application/openmetrics-text"))
            result.format = exposition::Format::kOpenMetrics;
          return status == 200;
        },
        [&](const char* data, size_t size) {
          too_large = result.body.size() + size > target.job.body_size_limit;
          if (!too_large) result.body.append(data, size);
          return !too_large;
        });
    client_error = answer.error();
  }
  if (timed_out) {
    result.error = "no whole answer within " + timeout_seconds + " s";
  } else if (too_large) {
    result.error = "body is larger than " + std::to_string(target.job.body_size_limit) + " bytes";
  } else if (status != 0 && status != 200) {
    result.error = "server returned HTTP status " + std::to_string(status);
  } else if (client_error != httplib::Error::Success) {
    result.error = "request failed: " + httplib::to_string(client_error);
  }
  return result;
}

}  // namespace tidemark::scrape
