#include "common/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iterator>

#include "common/duration.h"
#include "common/file.h"
#include "common/glob.h"
#include "common/number_format.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} << 20;

std::string Place(const std::string& file, const YAML::Mark& mark) {
  if (mark.is_null()) return file;
  return file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

}  // namespace

void YamlValue::Fail(const std::string& message) const {
  throw ConfigError(Place(file_, node_.Mark()) + ": " + (field_.empty() ? "" : field_ + ": ") + message);
}

std::string YamlValue::String() const {
  if (!node_.IsScalar()) Fail("expected a text");
  return node_.Scalar();
}

std::string YamlValue::Path(const std::string& directory) const {
  const std::string path = String();
  return path.empty() ? path : (std::filesystem::path(directory) / path).string();
}

double YamlValue::Number() const {
  const std::optional<double> number = node_.IsScalar() ? ParseFloat(node_.Scalar()) : std::nullopt;
  if (!number || !std::isfinite(*number)) Fail("expected a number");
  return *number;
}

bool YamlValue::Bool() const {
  if (node_.IsScalar() && node_.Scalar() == "true") return true;
  if (node_.IsScalar() && node_.Scalar() == "false") return false;
  Fail("expected true or false");
}

int64_t YamlValue::DurationMs() const {
  const std::optional<int64_t> duration = node_.IsScalar() ? ParseDurationMs(node_.Scalar()) : std::nullopt;
  if (!duration) Fail("expected a duration such as 30s, 5m or 1h30m");
  return *duration;
}

uint64_t YamlValue::Count() const {
  const std::string& text = node_.IsScalar() ? node_.Scalar() : "";
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    Fail("expected a whole number of at least 0");
  return count;
}

uint64_t YamlValue::Bytes() const {
  const std::string& text = node_.IsScalar() ? node_.Scalar() : "";
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  unsigned shift = 64;
  if (unit.empty() || unit == "B") shift = 0;
  if (unit == "KB" || unit == "KiB") shift = 10;
  if (unit == "MB" || unit == "MiB") shift = 20;
  if (unit == "GB" || unit == "GiB") shift = 30;
  if (error != std::errc{} || shift == 64 || count > (UINT64_MAX >> shift))
    Fail("expected a size such as 500KB, 16MB or 1GB");
  return count << shift;
}

std::vector<YamlValue> YamlValue::List() const {
  if (!node_.IsSequence()) Fail("expected a list");
  std::vector<YamlValue> values;
  for (size_t i = 0; i < node_.size(); ++i)
    values.emplace_back(file_, node_[i], field_ + "[" + std::to_string(i) + "]");
  return values;
}

std::vector<std::string> YamlValue::Strings() const {
  std::vector<std::string> texts;
  for (const YamlValue& item : List()) texts.push_back(item.String());
  return texts;
}

std::vector<std::pair<std::string, YamlValue>> YamlValue::Entries() const {
  if (!node_.IsMap()) Fail("expected a map");
  std::vector<std::pair<std::string, YamlValue>> entries;
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) Fail("keys must be texts");
    std::string name = entry.first.Scalar();
    YamlValue value(file_, entry.second, field_.empty() ? name : field_ + "." + name);
    // yaml-cpp keeps both of two equal keys and finds the first.
    if (!seen.insert(name).second) YamlValue(file_, entry.first, field_).Fail("field \"" + name + "\" comes twice");
    entries.emplace_back(std::move(name), std::move(value));
  }
  return entries;
}

YamlMap YamlValue::Map() const { return YamlMap(*this); }

YamlMap::YamlMap(const YamlValue& value) : value_(value), entries_(value.Entries()) {}

std::optional<YamlValue> YamlMap::Find(const std::string& name) {
  known_.insert(name);
  for (const auto& [key, value] : entries_) {
    if (key == name && !value.node().IsNull()) return value;
  }
  return std::nullopt;
}

YamlValue YamlMap::Require(const std::string& name) {
  std::optional<YamlValue> found = Find(name);
  if (!found) Fail("field \"" + name + "\" is missing");
  return *found;
}

void YamlMap::Finish() const {
  for (const auto& [key, value] : entries_) {
    if (known_.contains(key)) continue;
    std::string allowed;
    for (const std::string& name : known_) allowed += (allowed.empty() ? "" : ", ") + name;
    value.Fail("unknown field (known here: " + allowed + ")");
  }
}

YamlValue ParseYaml(const std::string& file, const std::string& text) {
  try {
    return {file, YAML::Load(text), ""};
  } catch (const YAML::Exception& error) {
    throw ConfigError(Place(file, error.mark) + ": not valid YAML: " + error.msg);
  }
}

std::string ReadYamlText(const std::string& path) {
  try {
    return ReadFileOrThrow(path, kMaxFileBytes);
  } catch (const std::runtime_error& error) {
    throw ConfigError(error.what());
  }
}

YamlValue ReadYamlFile(const std::string& path) { return ParseYaml(path, ReadYamlText(path)); }

std::vector<std::string> ConfiguredFiles(const std::vector<std::string>& patterns, const std::string& what) {
  std::vector<std::string> files;
  for (const std::string& pattern : patterns) {
    std::vector<std::string> paths = Glob(pattern);
    if (paths.empty() && pattern.find_first_of("*?[") == std::string::npos) {
      std::string message = what;
      message.append(" ").append(pattern).append(" does not exist");
      throw ConfigError(message);
    }
    std::ranges::move(paths, std::back_inserter(files));
  }
  return files;
}

}  // namespace tidemark::config
