#include "analyzer/config/config.h"

#include <doctest/doctest.h>

#include "analyzer/scrape/target.h"

using namespace tidemark::config;

namespace {

std::string ErrorOf(const std::string& text) {
  try {
    (void)ParseConfig("f.yml", text);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a Prometheus configuration reads with its defaults") {
  const Config config = ParseConfig("f.yml", R"(
global: {scrape_interval: 15s, external_labels: {dc: a}}
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["a:9100", b]
        labels: {rack: "7"}
  - job_name: slow
    scrape_interval: 1m
    scrape_timeout: 30s
    metrics_path: /probe
    scheme: https
    params: {module: [http_2xx], target: ["x y"]}
    honor_labels: true
    body_size_limit: 1MB
    static_configs: [{targets: ["c:1"]}]
)");
  CHECK(config.evaluation_interval_ms == 15'000);
  REQUIRE(config.scrape_configs.size() == 2);
  CHECK(config.scrape_configs[0].scrape_timeout_ms == 10'000);
  CHECK(config.scrape_configs[1].body_size_limit == 1 << 20);
  const auto targets = tidemark::scrape::StaticTargets(config).active;
  REQUIRE(targets.size() == 3);
  CHECK(targets[1].labels.ToString() == "{instance=\"b:80\", job=\"node\", rack=\"7\"}");
  CHECK(targets[2].Url() == "https://c:1/probe?module=http_2xx&target=x%20y");
  CHECK(targets[0].OffsetMs() < 15'000);
  CHECK(DefaultConfig("x:1").scrape_configs.size() == 2);
  CHECK(ParseConfig("f.yml", "").scrape.scrape_interval_ms == 30'000);
}

TEST_CASE("errors name file, line and field") {
  CHECK(ErrorOf("global:\n  scrape_intervall: 5s\n")
            .starts_with("f.yml:2:21: global.scrape_intervall: unknown field (known here: evaluation_interval"));
  CHECK(ErrorOf("global: {scrape_interval: soon}")
            .starts_with("f.yml:1:27: global.scrape_interval: expected a duration"));
  CHECK(ErrorOf("global: {scrape_interval: 0s}").find("must be at least") != std::string::npos);
  CHECK(ErrorOf("scrape_configs:\n  - static_configs: []\n")
            .starts_with("f.yml:2:5: scrape_configs[0]: field \"job_name\" is missing"));
  CHECK(ErrorOf("scrape_configs: [{job_name: a}, {job_name: a}]").find("job_name \"a\" comes twice") !=
        std::string::npos);
  CHECK(ErrorOf("scrape_configs: [{job_name: a, scrape_interval: 5s, scrape_timeout: 6s}]")
            .find("scrape_timeout: must not be longer") != std::string::npos);
  CHECK(ErrorOf("scrape_configs: [{job_name: a, relabel_configs: [{action: jump}]}]")
            .find("relabel_configs[0].action: unknown action \"jump\"") != std::string::npos);
  CHECK(ErrorOf("scrape_configs: [{job_name: a, consul_sd_configs: []}]").find("is not supported") !=
        std::string::npos);
  CHECK(ErrorOf("remote_write: [{url: x}]").find("remote_write: is not supported") != std::string::npos);
  CHECK(ErrorOf("scrape_configs: [{job_name: a, static_configs: [{targets: [\"http://x\"]}]}]")
            .find("is not a host:port") != std::string::npos);
  CHECK(ErrorOf("a: 1\na: 2\n").find("comes twice") != std::string::npos);
  CHECK(ErrorOf("global: [").starts_with("f.yml:1:"));
  CHECK(ErrorOf("- a").find("expected a map") != std::string::npos);
  CHECK(ErrorOf(std::string(5000, '[')).find("not valid YAML") != std::string::npos);
}
