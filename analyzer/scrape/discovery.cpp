#include "analyzer/scrape/discovery.h"

#include <sys/stat.h>

#include <chrono>

#include "analyzer/scrape/http_connection.h"
#include "common/glob.h"

namespace tidemark::scrape {
namespace {

constexpr std::chrono::seconds kLookInterval{1};
constexpr size_t kMaxAnswerBytes = size_t{16} << 20;

/// Not the wall clock, which may be set.
int64_t SteadyNowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string FileSignature(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "missing";
  return std::to_string(status.st_ino) + "/" + std::to_string(status.st_size) + "/" +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

void AddMetaLabel(std::vector<config::TargetGroup>& groups, const std::string& name, const std::string& value) {
  for (config::TargetGroup& group : groups) group.labels[name] = value;
}

}  // namespace

Discovery::Discovery(const Logger& logger, OnTargets on_targets)
    : logger_(logger),
      on_targets_(std::move(on_targets)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Discovery::~Discovery() {
  thread_.request_stop();
  watchdog_.FireAll();
  thread_.join();
}

void Discovery::SetConfig(const config::Config& config) {
  const std::lock_guard lock(mutex_);
  std::vector<Job> jobs;
  for (const config::ScrapeConfig& scrape_config : config.scrape_configs) {
    Job& job = jobs.emplace_back();
    job.config = std::make_shared<const config::ScrapeConfig>(scrape_config);
    // A server that is still the same need not answer before its targets count.
    for (Job& old : jobs_) {
      if (old.config->job_name == scrape_config.job_name) job.sources = std::move(old.sources);
    }
    for (auto& [name, source] : job.sources) source.next_due_ms = 0;
    Refresh(job, false);
  }
  jobs_ = std::move(jobs);
  Publish();
}

void Discovery::Publish() {
  TargetSet set;
  for (const Job& job : jobs_) {
    std::vector<config::TargetGroup> groups = job.config->static_configs;
    for (const auto& [name, source] : job.sources)
      groups.insert(groups.end(), source.groups.begin(), source.groups.end());
    AddTargets(job.config, groups, set);
  }
  for (const std::string& error : set.errors) logger_.Warn("target is left out", {{"err", error}});
  on_targets_(set);
}

void Discovery::ReportFailure(Source& source, const std::string& name, const std::string& error) {
  if (!source.failing)
    logger_.Warn("discovery failed; its targets stay as they were", {{"source", name}, {"err", error}});
  source.failing = true;
}

bool Discovery::RefreshFiles(Job& job, const config::FileSdConfig& files, std::set<std::string>& present) {
  bool changed = false;
  for (const std::string& pattern : files.patterns) {
    for (const std::string& path : Glob(pattern)) {
      present.insert(path);
      Source& source = job.sources[path];
      std::string signature = FileSignature(path);
      if (signature == source.signature) continue;
      source.signature = std::move(signature);
      try {
        source.groups = config::ParseTargetGroups(config::ReadYamlFile(path));
        AddMetaLabel(source.groups, "__meta_filepath", path);
        source.failing = false;
        changed = true;
      } catch (const config::ConfigError& error) {
        ReportFailure(source, path, error.what());
      }
    }
  }
  return changed;
}

bool Discovery::RefreshServer(Job& job, const config::HttpSdConfig& server) {
  Source& source = job.sources[server.url];
  if (SteadyNowMs() < source.next_due_ms) return false;
  source.next_due_ms = SteadyNowMs() + server.refresh_interval_ms;
  const size_t host_begin = server.url.find("://") + 3;
  const size_t path_begin = std::min(server.url.find('/', host_begin), server.url.size());
  constexpr std::chrono::seconds kTimeout{10};
  HttpRequest request{
      .path_and_query = server.url.substr(path_begin),
      .headers = {{"Accept", "application/json"},
                  {"X-Prometheus-Refresh-Interval-Seconds", std::to_string(server.refresh_interval_ms / 1000)}},
      .timeout = kTimeout,
      .max_body_bytes = kMaxAnswerBytes};
  if (request.path_and_query.empty()) request.path_and_query = "/";
  // Minutes pass until the next request: no connection is kept.
  HttpAnswer answer = HttpConnection(server.url.substr(0, path_begin), server.client).Get(request, watchdog_);
  if (answer.error.empty() && !answer.content_type.starts_with("application/json"))
    answer.error = "the answer's Content-Type is \"" + answer.content_type + "\", not application/json";
  try {
    if (!answer.error.empty()) throw config::ConfigError(answer.error);
    // JSON is YAML.
    std::vector<config::TargetGroup> groups = config::ParseTargetGroups(config::ParseYaml(server.url, answer.body));
    AddMetaLabel(groups, "__meta_url", server.url);
    source.groups = std::move(groups);
    source.failing = false;
    return true;
  } catch (const config::ConfigError& error) {
    ReportFailure(source, server.url, error.what());
    return false;
  }
}

bool Discovery::Refresh(Job& job, bool with_servers) {
  bool changed = false;
  std::set<std::string> present;
  for (const config::FileSdConfig& files : job.config->file_sd_configs) changed |= RefreshFiles(job, files, present);
  for (const config::HttpSdConfig& server : job.config->http_sd_configs) {
    present.insert(server.url);
    if (with_servers) changed |= RefreshServer(job, server);
  }
  changed |= std::erase_if(job.sources, [&](const auto& source) { return !present.contains(source.first); }) > 0;
  return changed;
}

void Discovery::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      bool changed = false;
      for (Job& job : jobs_) {
        if (!stop.stop_requested()) changed |= Refresh(job, true);
      }
      if (changed && !stop.stop_requested()) Publish();
    }
    std::unique_lock lock(wait_mutex_);
    stop_requested_.wait_for(lock, stop, kLookInterval, [] { return false; });
  }
}

}  // namespace tidemark::scrape
