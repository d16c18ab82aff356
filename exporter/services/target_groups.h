#pragma once

#include <string>
#include <vector>

#include "exporter/services/service_config.h"

namespace tidemark::exporter::services {

/// The services that have metrics of their own, as a list of target groups (JSON) for Prometheus's http_sd_configs and
/// file_sd_configs: each with the labels service, __scheme__, __metrics_path__ and one __param_NAME for each parameter.
std::string TargetGroups(const std::vector<ServiceConfig>& services);

}  // namespace tidemark::exporter::services
