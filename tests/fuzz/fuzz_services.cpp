// The exporter's configuration file; after "stat:", a line of /proc/PID/stat; after "web:", a file of
// --web.config.file.

#include <cmath>
#include <cstdlib>

#include "common/http/web_config.h"
#include "common/yaml_reader.h"
#include "exporter/services/process_usage.h"
#include "exporter/services/service_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::exporter::services;
  constexpr std::string_view kStat = "stat:";
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with(kStat)) {
    const auto stat = ParseProcessStat(std::string_view(text).substr(kStat.size()));
    if (stat && stat->id.pid <= 0) std::abort();
    return 0;
  }
  constexpr std::string_view kWeb = "web:";
  try {
    if (text.starts_with(kWeb)) {
      (void)tidemark::http::ParseWebConfig("f.yml", text.substr(kWeb.size()));
      return 0;
    }
    for (const ServiceConfig& service : ParseServiceConfig("f.yml", text)) {
      if (service.name.empty()) std::abort();
    }
  } catch (const tidemark::config::ConfigError& error) {
    if (!std::string_view(error.what()).starts_with("f.yml")) std::abort();
  }
  return 0;
}
