#include "common/yaml_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "common/number_format.h"
#include "common/utf8.h"

namespace tidemark::config {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kMaxDepth = 32;
constexpr size_t kMaxValues = 1'000'000;
// "key: value" ends at 1024 characters (YAML 1.2, 7.4.2), and each byte can become an escape of 10.
constexpr size_t kMaxSimpleKeyBytes = 100;

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
    if (const std::optional<double> number = ParseFloat(text)) return Number(*number);
    return text;
  }

 private:
  /// A year is no 2030.0.
  static json Number(double number) {
    const bool is_whole = std::trunc(number) == number && std::fabs(number) < kExactIntegers;
    return is_whole ? json(static_cast<int64_t>(number)) : json(number);
  }

  /// JSON has no other texts.
  void CheckText(const std::string& text) const {
    if (!IsValidUtf8(text)) root_.Fail("has a text that is not valid UTF-8");
  }

  const YamlValue& root_;
  size_t values_ = 0;
};

/// The first character, of `length` bytes, of a text that is not empty and valid UTF-8, as all texts of JSON are.
char32_t FirstCharacter(std::string_view text, size_t length) {
  constexpr unsigned kContinued = 0x3F;
  constexpr std::array<unsigned, 5> kOfFirst{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t character = static_cast<uint8_t>(text[0]) & kOfFirst[length];
  for (size_t i = 1; i < length; ++i) character = character << 6 | (static_cast<uint8_t>(text[i]) & kContinued);
  return character;
}

/// Whether a character goes into YAML as it is (YAML 1.2, production 1, less breaks that readers treat differently).
bool IsPrintable(char32_t c) {
  const bool is_control = (c < ' ' && c != '\t' && c != '\n') || (c > '~' && c < 0xA0);
  const bool is_break = c == 0x2028 || c == 0x2029;
  const bool is_noncharacter = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
  return !is_control && !is_break && !is_noncharacter;
}

void AppendEscaped(std::string& out, char32_t c) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '"' || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c >= ' ' && c <= '~') {
    out += static_cast<char>(c);
  } else {
    std::array<char, 12> escape;
    std::snprintf(escape.data(), escape.size(), "\\U%08x", static_cast<unsigned>(c));
    out += escape.data();
  }
}

/// A text that holds what is not printable as a quoted scalar of ASCII, any other as an empty text. yaml-cpp would
/// write noncharacters as U+FFFD, and some controls as they are.
std::string WithEscapes(std::string_view text) {
  std::string escaped = "\"";
  bool is_needed = false;
  while (!text.empty()) {
    const size_t length = std::max<size_t>(SequenceLength(text), 1);
    const char32_t c = FirstCharacter(text, length);
    is_needed |= !IsPrintable(c);
    AppendEscaped(escaped, c);
    text.remove_prefix(length);
  }
  return is_needed ? escaped + '"' : "";
}

void EmitText(YAML::Emitter& out, const std::string& text) {
  if (const std::string escaped = WithEscapes(text); !escaped.empty()) {
    out.WriteIntegralType(escaped);  // a scalar as it stands
    return;
  }
  if (IsNull(text) || IsBool(text) || ParseFloat(text)) out << YAML::DoubleQuoted;
  out << text;
}

void Emit(YAML::Emitter& out, const ordered_json& value) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, member] : value.items()) {
      if (key.size() > kMaxSimpleKeyBytes) out << YAML::LongKey;
      out << YAML::Key;
      EmitText(out, key);
      out << YAML::Value;
      Emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const ordered_json& item : value) Emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    EmitText(out, value.get_ref<const std::string&>());
  } else if (value.is_number_float()) {
    out << FormatApiFloat(value.get<double>());
  } else if (value.is_null()) {
    out << YAML::Null;
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
