#include "analyzer/scrape/target.h"

#include <functional>

#include "common/http/url.h"

namespace tidemark::scrape {
namespace {

std::string WithPort(const std::string& address, const std::string& scheme) {
  const size_t colon = address.rfind(':');
  const bool has_port = colon != std::string::npos && address.find(']', colon) == std::string::npos;
  if (has_port) return address;
  return address + (scheme == "https" ? ":443" : ":80");
}

Target MakeTarget(const config::ScrapeConfig& job, const config::StaticConfig& group, const std::string& address) {
  Target target{.job = job, .address = WithPort(address, job.scheme), .labels = {}, .discovered_labels = {}};
  std::vector<storage::Labels::Pair> labels(group.labels.begin(), group.labels.end());
  target.discovered_labels = labels;
  target.discovered_labels.emplace_back("__address__", target.address);
  target.discovered_labels.emplace_back("__metrics_path__", job.metrics_path);
  target.discovered_labels.emplace_back("__scheme__", job.scheme);
  target.discovered_labels.emplace_back("job", job.job_name);
  if (!group.labels.contains("job")) labels.emplace_back("job", job.job_name);
  if (!group.labels.contains("instance")) labels.emplace_back("instance", target.address);
  target.labels = storage::Labels(std::move(labels));
  return target;
}

}  // namespace

std::string Target::PathAndQuery() const {
  std::string path = job.metrics_path;
  char separator = '?';
  for (const auto& [name, values] : job.params) {
    for (const std::string& value : values) {
      path += separator;
      path += http::EncodePercent(name) + "=" + http::EncodePercent(value);
      separator = '&';
    }
  }
  return path;
}

int64_t Target::OffsetMs() const {
  const uint64_t hash = labels.Hash() ^ std::hash<std::string>{}(Url());
  return static_cast<int64_t>(hash % static_cast<uint64_t>(job.scrape_interval_ms));
}

std::string Target::Identity() const {
  return Url() + labels.ToString() + std::to_string(job.scrape_interval_ms) + "/" +
         std::to_string(job.scrape_timeout_ms) + "/" + std::to_string(job.sample_limit) + "/" +
         std::to_string(job.body_size_limit) + (job.honor_labels ? "h" : "") + (job.honor_timestamps ? "t" : "");
}

std::vector<Target> MakeTargets(const config::Config& config) {
  std::vector<Target> targets;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    for (const config::StaticConfig& group : job.static_configs) {
      for (const std::string& address : group.targets) targets.push_back(MakeTarget(job, group, address));
    }
  }
  return targets;
}

}  // namespace tidemark::scrape
