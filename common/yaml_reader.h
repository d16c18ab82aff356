#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::config {

/// A configuration file that cannot be used. what() is "FILE:LINE:COLUMN: FIELD: what is wrong".
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class YamlMap;

/// One value of a YAML file together with where it stands, so that every complaint names file, line and field.
class YamlValue {
 public:
  YamlValue(std::string file, const YAML::Node& node, std::string field)
      : file_(std::move(file)), node_(node), field_(std::move(field)) {}

  [[nodiscard]] std::string String() const;
  /// A path; a relative one is relative to `directory`.
  [[nodiscard]] std::string Path(const std::string& directory) const;
  [[nodiscard]] double Number() const;
  [[nodiscard]] bool Bool() const;
  [[nodiscard]] int64_t DurationMs() const;
  /// A count without fraction or sign.
  [[nodiscard]] uint64_t Count() const;
  /// Bytes with an optional unit, in powers of 1024: 500, 64KB, 16MB, 1GB.
  [[nodiscard]] uint64_t Bytes() const;
  [[nodiscard]] std::vector<YamlValue> List() const;
  [[nodiscard]] std::vector<std::string> Strings() const;
  [[nodiscard]] YamlMap Map() const;
  /// Pairs of a map whose keys are free, such as labels.
  [[nodiscard]] std::vector<std::pair<std::string, YamlValue>> Entries() const;
  [[nodiscard]] bool IsMap() const { return node_.IsMap(); }
  [[nodiscard]] const YAML::Node& node() const { return node_; }

  [[noreturn]] void Fail(const std::string& message) const;

 private:
  std::string file_;
  YAML::Node node_;
  std::string field_;
};

/// A map with a fixed set of fields. Fields are asked for by name; Finish complains about those nobody asked for.
class YamlMap {
 public:
  explicit YamlMap(const YamlValue& value);

  /// The field's value; empty when it is missing or null.
  std::optional<YamlValue> Find(const std::string& name);
  YamlValue Require(const std::string& name);
  /// Call after the last Find. \throw ConfigError naming the first unknown field and those that are known.
  void Finish() const;

  [[noreturn]] void Fail(const std::string& message) const { value_.Fail(message); }

 private:
  YamlValue value_;
  std::vector<std::pair<std::string, YamlValue>> entries_;
  std::set<std::string> known_;
};

/// Parses YAML text. `file` is only for messages. \throw ConfigError
YamlValue ParseYaml(const std::string& file, const std::string& text);
/// A file of at most 4 MiB. \throw ConfigError
std::string ReadYamlText(const std::string& path);
/// Reads and parses a file. \throw ConfigError
YamlValue ReadYamlFile(const std::string& path);
/// The files that a configured list of paths (with wildcards in the last part) names. \throw ConfigError for one
/// without wildcards that does not exist; `what` names its kind
std::vector<std::string> ConfiguredFiles(const std::vector<std::string>& patterns, const std::string& what);

}  // namespace tidemark::config
