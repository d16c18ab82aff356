#include "exporter/services/service_config.h"

#include <pwd.h>
#include <re2/re2.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <set>

#include "common/utf8.h"
#include "common/yaml_reader.h"

namespace tidemark::exporter::services {
namespace {

using config::YamlMap;
using config::YamlValue;

constexpr size_t kMaxServices = 1000;
/// The kernel keeps so many bytes of a process's name (TASK_COMM_LEN less the zero byte).
constexpr size_t kMaxCommBytes = 15;

std::string NonEmpty(const YamlValue& value) {
  std::string text = value.String();
  if (text.empty()) value.Fail("must not be empty");
  return text;
}

std::string AbsolutePath(const YamlValue& value) {
  std::string path = NonEmpty(value);
  if (path.front() != '/') value.Fail("must be a path that begins with \"/\"");
  if (("/" + path + "/").find("/../") != std::string::npos) value.Fail("must not have \"..\" in it");
  return path;
}

uid_t UserId(const YamlValue& value) {
  const std::string name = NonEmpty(value);
  uid_t id = 0;
  if (const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
      error == std::errc() && end == name.data() + name.size())
    return id;
  std::array<char, 16 * 1024> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    value.Fail("there is no user \"" + name + "\" (give its number if it comes later)");
  return found->pw_uid;
}

ProcessPattern ReadPattern(const YamlValue& value) {
  YamlMap map = value.Map();
  ProcessPattern pattern;
  if (const auto name = map.Find("name")) {
    pattern.name = NonEmpty(*name);
    // What is longer than the kernel keeps would never be found.
    if (pattern.name.size() > kMaxCommBytes) {
      name->Fail("the kernel keeps 15 bytes of a name: write \"" + pattern.name.substr(0, kMaxCommBytes) +
                 "\", or use executable or command_line");
    }
  }
  if (const auto executable = map.Find("executable")) pattern.executable = AbsolutePath(*executable);
  if (const auto command_line = map.Find("command_line")) {
    auto regex = std::make_shared<const re2::RE2>(NonEmpty(*command_line), re2::RE2::Quiet);
    if (!regex->ok()) command_line->Fail("not a regular expression: " + regex->error());
    pattern.command_line = std::move(regex);
  }
  if (const auto user = map.Find("user")) pattern.user = UserId(*user);
  map.Finish();
  if (pattern.name.empty() && pattern.executable.empty() && pattern.command_line == nullptr && !pattern.user)
    value.Fail("give at least one of name, executable, command_line, user");
  return pattern;
}

void ReadProbes(const YamlValue& list, const std::string& directory, ServiceConfig& service) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const YamlValue& entry : list.List()) {
    probes::ProbeConfig probe = probes::ParseProbe(entry, directory);
    const std::string prober = probes::ProberName(probe.prober);
    // Prober and target tell a service's probes apart.
    if (!seen.emplace(prober, probe.target).second)
      entry.Fail("the service has another " + prober + " probe of " + probe.target +
                 "; put one into a service of its own");
    service.probes.push_back(std::move(probe));
  }
}

std::string MetricsUrl(const YamlValue& value) {
  // In the discovery of targets a parameter's name is part of a label's name.
  static const re2::RE2 kUrl(
      "https?://[^/?#\\s]+(/[^?#\\s]*)?(\\?[a-zA-Z0-9_]+=[^&#\\s]*(&[a-zA-Z0-9_]+=[^&#\\s]*)*)?");
  std::string url = value.String();
  if (!re2::RE2::FullMatch(url, kUrl))
    value.Fail("must be like http://host:port/path?name=value, with letters, digits and \"_\" in the names");
  return url;
}

ServiceConfig ReadService(const YamlValue& value, const std::string& directory) {
  YamlMap map = value.Map();
  ServiceConfig service;
  const YamlValue name = map.Require("name");
  service.name = NonEmpty(name);
  if (!IsValidUtf8(service.name)) name.Fail("must be UTF-8");
  if (const auto unit = map.Find("systemd")) {
    service.systemd = NonEmpty(*unit);
    if (service.systemd.find('/') != std::string::npos) unit->Fail("must be a unit's name, without \"/\"");
    if (service.systemd.find('.') == std::string::npos) service.systemd += ".service";
  }
  if (const auto cgroup = map.Find("cgroup")) service.cgroup = AbsolutePath(*cgroup);
  if (const auto pid_file = map.Find("pid_file")) service.pid_file = AbsolutePath(*pid_file);
  if (const auto process = map.Find("process")) service.process = ReadPattern(*process);
  if (const auto list = map.Find("probes")) ReadProbes(*list, directory, service);
  if (const auto url = map.Find("metrics")) service.metrics_url = MetricsUrl(*url);
  map.Finish();
  const int ways = int{!service.systemd.empty()} + int{!service.cgroup.empty()} + int{!service.pid_file.empty()} +
                   int{service.process.has_value()};
  if (ways > 1) value.Fail("give only one of systemd, cgroup, pid_file, process");
  if (ways == 0 && service.probes.empty() && service.metrics_url.empty())
    value.Fail("give one of systemd, cgroup, pid_file, process, or probes or metrics");
  return service;
}

std::vector<ServiceConfig> ReadServices(const YamlValue& root, const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  YamlMap file = root.Map();
  const YamlValue list = file.Require("services");
  std::vector<ServiceConfig> services;
  std::set<std::string> names;
  for (const YamlValue& entry : list.List()) {
    services.push_back(ReadService(entry, directory));
    if (!names.insert(services.back().name).second)
      entry.Fail("there is another service \"" + services.back().name + "\"");
    if (services.size() > kMaxServices) entry.Fail("more than " + std::to_string(kMaxServices) + " services");
  }
  file.Finish();
  return services;
}

}  // namespace

std::vector<ServiceConfig> ParseServiceConfig(const std::string& file, const std::string& text) {
  return ReadServices(config::ParseYaml(file, text), file);
}

std::vector<ServiceConfig> ReadServiceConfig(const std::string& path) {
  return ReadServices(config::ReadYamlFile(path), path);
}

}  // namespace tidemark::exporter::services
