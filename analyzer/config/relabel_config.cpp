#include "analyzer/config/relabel_config.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "common/exposition/parser.h"

namespace tidemark::config {
namespace {

using Action = RelabelConfig::Action;

constexpr std::array<std::pair<const char*, Action>, 11> kActions{{{"replace", Action::kReplace},
                                                                   {"keep", Action::kKeep},
                                                                   {"drop", Action::kDrop},
                                                                   {"keepequal", Action::kKeepEqual},
                                                                   {"dropequal", Action::kDropEqual},
                                                                   {"hashmod", Action::kHashMod},
                                                                   {"labelmap", Action::kLabelMap},
                                                                   {"labeldrop", Action::kLabelDrop},
                                                                   {"labelkeep", Action::kLabelKeep},
                                                                   {"lowercase", Action::kLowercase},
                                                                   {"uppercase", Action::kUppercase}}};

Action ParseAction(const YamlValue& value) {
  std::string text = value.String();
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::ranges::find(kActions, text, [](const auto& pair) { return std::string_view(pair.first); });
  if (found == kActions.end()) value.Fail("unknown action \"" + text + "\"");
  return found->second;
}

/// Whether a target label may be used as it stands: a name, perhaps with $1 or ${1} in it.
bool IsTargetLabel(const std::string& text) {
  static const re2::RE2 kTarget(R"(^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$)");
  return re2::RE2::FullMatch(text, kTarget);
}

RelabelConfig ParseRelabelConfig(const YamlValue& value) {
  RelabelConfig config;
  YamlMap map = value.Map();
  if (const auto action = map.Find("action")) config.action = ParseAction(*action);
  if (const auto labels = map.Find("source_labels")) {
    for (const YamlValue& label : labels->List()) {
      config.source_labels.push_back(label.String());
      if (!exposition::IsValidLabelName(config.source_labels.back())) label.Fail("is not a label name");
    }
  }
  if (const auto field = map.Find("separator")) config.separator = field->String();
  const auto regex = map.Find("regex");
  if (regex) config.regex_text = regex->String();
  // Anchored, and "." also matches line ends, as in Prometheus.
  auto compiled = std::make_shared<re2::RE2>("^(?s:" + config.regex_text + ")$", re2::RE2::Quiet);
  if (!compiled->ok()) (regex ? *regex : value).Fail("error parsing regexp: " + compiled->error());
  config.regex = std::move(compiled);
  const auto modulus = map.Find("modulus");
  if (modulus) config.modulus = modulus->Count();
  const auto target = map.Find("target_label");
  if (target) config.target_label = target->String();
  const auto replacement = map.Find("replacement");
  if (replacement) config.replacement = replacement->String();
  map.Finish();

  switch (config.action) {
    case Action::kHashMod:
      if (config.modulus == 0) map.Fail("hashmod needs a modulus above 0");
      [[fallthrough]];
    case Action::kLowercase:
    case Action::kUppercase:
    case Action::kKeepEqual:
    case Action::kDropEqual:
      if (!exposition::IsValidLabelName(config.target_label)) map.Fail("this action needs a target_label");
      break;
    case Action::kReplace:
      if (config.target_label.empty()) map.Fail("replace needs a target_label");
      if (!IsTargetLabel(config.target_label)) target->Fail("\"" + config.target_label + "\" is not a label name");
      break;
    case Action::kLabelDrop:
    case Action::kLabelKeep:
      if (!config.source_labels.empty() || target || modulus || map.Find("separator") || replacement)
        map.Fail("labeldrop and labelkeep take regex only");
      break;
    case Action::kLabelMap:
    case Action::kKeep:
    case Action::kDrop:
      break;
  }
  return config;
}

}  // namespace

std::vector<RelabelConfig> ParseRelabelConfigs(const YamlValue& value) {
  std::vector<RelabelConfig> configs;
  for (const YamlValue& item : value.List()) configs.push_back(ParseRelabelConfig(item));
  return configs;
}

}  // namespace tidemark::config
