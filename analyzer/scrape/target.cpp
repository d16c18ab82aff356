#include "analyzer/scrape/target.h"

#include <functional>
#include <set>

#include "analyzer/scrape/relabel.h"
#include "common/duration.h"
#include "common/http/url.h"
#include "common/utf8.h"

namespace tidemark::scrape {
namespace {

constexpr std::string_view kParamPrefix = "__param_";

std::string WithPort(const std::string& address, const std::string& scheme) {
  const size_t colon = address.rfind(':');
  const bool has_port = colon != std::string::npos && address.find(']', colon) == std::string::npos;
  if (has_port) return address;
  return address + (scheme == "https" ? ":443" : ":80");
}

/// Labels as discovered, with the job's settings as labels that relabelling may change.
storage::Labels DiscoveredLabels(const config::ScrapeConfig& job, const config::TargetGroup& group,
                                 const std::string& address) {
  std::vector<storage::Labels::Pair> labels = {
      {"job", job.job_name},
      {"__scrape_interval__", FormatDurationMs(job.scrape_interval_ms)},
      {"__scrape_timeout__", FormatDurationMs(job.scrape_timeout_ms)},
      {"__metrics_path__", job.metrics_path},
      {"__scheme__", job.scheme},
  };
  for (const auto& [name, values] : job.params) {
    if (!values.empty()) labels.emplace_back(std::string(kParamPrefix) + name, values.front());
  }
  // What the group says goes before the job's defaults: of equal names the last counts.
  labels.insert(labels.end(), group.labels.begin(), group.labels.end());
  labels.emplace_back("__address__", address);
  return storage::Labels(std::move(labels));
}

std::string PathAndQuery(const config::ScrapeConfig& job, const storage::Labels& labels) {
  std::map<std::string, std::vector<std::string>> params = job.params;
  for (const auto& [name, value] : labels) {
    if (!name.starts_with(kParamPrefix)) continue;
    std::vector<std::string>& values = params[name.substr(kParamPrefix.size())];
    if (values.empty()) values.emplace_back();
    values.front() = value;
  }
  std::string path(labels.Get("__metrics_path__"));
  if (!path.starts_with('/')) path.insert(0, "/");
  char separator = path.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, values] : params) {
    for (const std::string& value : values) {
      path += separator;
      path += http::EncodePercent(name) + "=" + http::EncodePercent(value);
      separator = '&';
    }
  }
  return path;
}

int64_t RequireInterval(const storage::Labels& labels, const std::string& name) {
  const std::optional<int64_t> duration_ms = ParseDurationMs(labels.Get(name));
  if (!duration_ms || *duration_ms <= 0)
    throw std::runtime_error(name + " is \"" + std::string(labels.Get(name)) + "\", which is not a duration");
  return *duration_ms;
}

/// \throw std::runtime_error when what relabelling left cannot be scraped.
Target MakeTarget(const std::shared_ptr<const config::ScrapeConfig>& job, storage::Labels discovered,
                  const storage::Labels& relabelled) {
  Target target;
  target.job = job;
  target.scheme = relabelled.Get("__scheme__");
  if (target.scheme != "http" && target.scheme != "https")
    throw std::runtime_error("__scheme__ is \"" + target.scheme + "\", not http or https");
  if (relabelled.Get("__address__").empty()) throw std::runtime_error("no address");
  target.address = WithPort(std::string(relabelled.Get("__address__")), target.scheme);
  if (target.address.find('/') != std::string::npos)
    throw std::runtime_error("\"" + target.address + "\" is not a host:port");
  target.path_and_query = PathAndQuery(*job, relabelled);
  target.scrape_interval_ms = RequireInterval(relabelled, "__scrape_interval__");
  target.scrape_timeout_ms = RequireInterval(relabelled, "__scrape_timeout__");
  if (target.scrape_timeout_ms > target.scrape_interval_ms)
    throw std::runtime_error("__scrape_timeout__ is longer than __scrape_interval__");
  std::vector<storage::Labels::Pair> labels;
  for (const auto& [name, value] : relabelled) {
    if (!IsValidUtf8(value)) throw std::runtime_error("the value of label " + name + " is not valid UTF-8");
    if (!name.starts_with("__")) labels.emplace_back(name, value);
  }
  if (relabelled.Get("instance").empty()) labels.emplace_back("instance", target.address);
  target.labels = storage::Labels(std::move(labels));
  target.discovered_labels = std::move(discovered);
  return target;
}

}  // namespace

int64_t Target::OffsetMs() const {
  const uint64_t hash = labels.Hash() ^ std::hash<std::string>{}(Url());
  return static_cast<int64_t>(hash % static_cast<uint64_t>(scrape_interval_ms));
}

std::string Target::Identity() const {
  return Url() + labels.ToString() + std::to_string(scrape_interval_ms) + "/" + std::to_string(scrape_timeout_ms) +
         "/" + job->source;
}

void AddTargets(const std::shared_ptr<const config::ScrapeConfig>& job, const std::vector<config::TargetGroup>& groups,
                TargetSet& set) {
  std::set<std::string> seen;
  size_t count = 0;
  for (const config::TargetGroup& group : groups) {
    for (const std::string& address : group.targets) {
      storage::Labels discovered = DiscoveredLabels(*job, group, address);
      const std::optional<storage::Labels> relabelled =
          Relabel(job->relabel_configs, {discovered.begin(), discovered.end()});
      if (!relabelled) {
        set.dropped.push_back(std::move(discovered));
        continue;
      }
      try {
        Target target = MakeTarget(job, std::move(discovered), *relabelled);
        if (!seen.insert(target.Url() + target.labels.ToString()).second) continue;
        ++count;
        set.active.push_back(std::move(target));
      } catch (const std::runtime_error& error) {
        set.errors.push_back("target \"" + address + "\" of job \"" + job->job_name + "\": " + error.what());
      }
    }
  }
  if (job->target_limit > 0 && count > job->target_limit) {
    // As in Prometheus: past the limit none of the job's targets is scraped, which nobody can overlook.
    set.active.resize(set.active.size() - count);
    set.errors.push_back("job \"" + job->job_name + "\" has " + std::to_string(count) +
                         " targets, more than its target_limit of " + std::to_string(job->target_limit) +
                         "; none of them is scraped");
  }
}

TargetSet StaticTargets(const config::Config& config) {
  TargetSet set;
  for (const config::ScrapeConfig& job : config.scrape_configs)
    AddTargets(std::make_shared<const config::ScrapeConfig>(job), job.static_configs, set);
  return set;
}

}  // namespace tidemark::scrape
