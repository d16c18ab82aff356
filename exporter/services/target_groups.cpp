#include "exporter/services/target_groups.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/http/url.h"

namespace tidemark::exporter::services {

std::string TargetGroups(const std::vector<ServiceConfig>& services) {
  nlohmann::json groups = nlohmann::json::array();
  for (const ServiceConfig& service : services) {
    if (service.metrics_url.empty()) continue;
    constexpr std::string_view kSeparator = "://";
    std::string_view rest = service.metrics_url;
    const size_t scheme_end = rest.find(kSeparator);
    nlohmann::json labels{{"service", service.name}, {"__scheme__", rest.substr(0, scheme_end)}};
    rest.remove_prefix(scheme_end + kSeparator.size());
    if (const size_t query = rest.find('?'); query != std::string_view::npos) {
      http::Fields parameters;
      http::ParseForm(rest.substr(query + 1), parameters);
      for (const auto& [name, value] : parameters) labels["__param_" + name] = value;
      rest = rest.substr(0, query);
    }
    const size_t path = rest.find('/');
    labels["__metrics_path__"] = path == std::string_view::npos ? "/metrics" : rest.substr(path);
    groups.push_back({{"targets", {rest.substr(0, path)}}, {"labels", labels}});
  }
  return groups.dump();
}

}  // namespace tidemark::exporter::services
