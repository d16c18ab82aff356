#include "common/yaml_json.h"

#include "common/number_format.h"
#include "common/utf8.h"

namespace tidemark::config {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kMaxDepth = 32;
constexpr size_t kMaxValues = 1'000'000;

bool IsNull(const std::string& text) { return text.empty() || text == "~" || text == "null"; }
bool IsBool(const std::string& text) { return text == "true" || text == "false"; }

class Converter {
 public:
  explicit Converter(const YamlValue& root) : root_(root) {}

  json Convert(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth) root_.Fail("is nested more than " + std::to_string(kMaxDepth) + " levels deep");
    if (++values_ > kMaxValues) root_.Fail("has more than " + std::to_string(kMaxValues) + " values");
    if (node.IsMap()) {
      json object = json::object();
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) root_.Fail("has a key that is no text");
        CheckText(entry.first.Scalar());
        if (!object.emplace(entry.first.Scalar(), Convert(entry.second, depth + 1)).second)
          root_.Fail("has the key \"" + entry.first.Scalar() + "\" twice in one map");
      }
      return object;
    }
    if (node.IsSequence()) {
      json array = json::array();
      for (const auto& item : node) array.push_back(Convert(item, depth + 1));
      return array;
    }
    if (!node.IsScalar()) return nullptr;
    const std::string& text = node.Scalar();
    CheckText(text);
    constexpr const char* kQuoted = "!";
    if (node.Tag() == kQuoted) return text;
    if (IsNull(text)) return nullptr;
    if (IsBool(text)) return text == "true";
    if (const std::optional<double> number = ParseFloat(text)) return *number;
    return text;
  }

 private:
  /// JSON has no other texts.
  void CheckText(const std::string& text) const {
    if (!IsValidUtf8(text)) root_.Fail("has a text that is not valid UTF-8");
  }

  const YamlValue& root_;
  size_t values_ = 0;
};

void Emit(YAML::Emitter& out, const ordered_json& value) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, member] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      Emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const ordered_json& item : value) Emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (IsNull(text) || IsBool(text) || ParseFloat(text)) out << YAML::DoubleQuoted;
    out << text;
  } else if (value.is_number_float()) {
    out << FormatApiFloat(value.get<double>());
  } else {
    out << value.dump();
  }
}

}  // namespace

json YamlToJson(const YamlValue& value) { return Converter(value).Convert(value.node(), 0); }

std::string JsonToYaml(const ordered_json& json) {
  YAML::Emitter out;
  Emit(out, json);
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace tidemark::config
