#include "analyzer/scrape/relabel.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "common/exposition/parser.h"
#include "common/go_regex.h"

namespace tidemark::scrape {
namespace {

using config::RelabelConfig;
using Action = RelabelConfig::Action;
using LabelMap = std::map<std::string, std::string, std::less<>>;

std::string Get(const LabelMap& labels, const std::string& name) {
  const auto it = labels.find(name);
  return it == labels.end() ? std::string() : it->second;
}

/// An empty value removes the label.
void Set(LabelMap& labels, const std::string& name, std::string value) {
  if (value.empty()) {
    labels.erase(name);
  } else {
    labels[name] = std::move(value);
  }
}

/// The lower half of the MD5, which is what Prometheus shards by.
uint64_t HashMod(const std::string& text, uint64_t modulus) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_md5(), nullptr);
  uint64_t hash = 0;
  for (size_t i = 8; i < 16; ++i) hash = hash << 8 | digest[i];
  return hash % modulus;
}

/// ASCII letters only: what label values are made of where this is used.
template <typename F>
std::string MapCharacters(std::string text, F&& map) {
  std::ranges::transform(text, text.begin(), [&](unsigned char c) { return static_cast<char>(map(c)); });
  return text;
}

/// False: drop.
bool Apply(const RelabelConfig& rule, LabelMap& labels) {
  std::string value;
  for (size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) value += rule.separator;
    value += Get(labels, rule.source_labels[i]);
  }
  switch (rule.action) {
    case Action::kKeep:
      return !MatchWhole(*rule.regex, value).empty();
    case Action::kDrop:
      return MatchWhole(*rule.regex, value).empty();
    case Action::kKeepEqual:
      return Get(labels, rule.target_label) == value;
    case Action::kDropEqual:
      return Get(labels, rule.target_label) != value;
    case Action::kReplace: {
      const auto groups = MatchWhole(*rule.regex, value);
      if (groups.empty()) break;
      const std::string target = ExpandGroups(rule.target_label, *rule.regex, groups);
      if (!exposition::IsValidLabelName(target)) {
        labels.erase(rule.target_label);
        break;
      }
      std::string replaced = ExpandGroups(rule.replacement, *rule.regex, groups);
      if (replaced.empty()) {
        labels.erase(rule.target_label);
      } else {
        Set(labels, target, std::move(replaced));
      }
      break;
    }
    case Action::kHashMod:
      Set(labels, rule.target_label, std::to_string(HashMod(value, rule.modulus)));
      break;
    case Action::kLowercase:
      Set(labels, rule.target_label, MapCharacters(value, [](int c) { return std::tolower(c); }));
      break;
    case Action::kUppercase:
      Set(labels, rule.target_label, MapCharacters(value, [](int c) { return std::toupper(c); }));
      break;
    case Action::kLabelMap: {
      const LabelMap before = labels;
      for (const auto& [name, text] : before) {
        const auto groups = MatchWhole(*rule.regex, name);
        if (!groups.empty()) Set(labels, ExpandGroups(rule.replacement, *rule.regex, groups), text);
      }
      break;
    }
    case Action::kLabelDrop:
      std::erase_if(labels, [&](const auto& label) { return !MatchWhole(*rule.regex, label.first).empty(); });
      break;
    case Action::kLabelKeep:
      std::erase_if(labels, [&](const auto& label) { return MatchWhole(*rule.regex, label.first).empty(); });
      break;
  }
  return true;
}

}  // namespace

std::optional<storage::Labels> Relabel(const std::vector<RelabelConfig>& rules,
                                       std::vector<storage::Labels::Pair> labels) {
  if (rules.empty()) return storage::Labels(std::move(labels));
  LabelMap map;
  for (auto& [name, value] : labels) Set(map, name, std::move(value));
  for (const RelabelConfig& rule : rules) {
    if (!Apply(rule, map)) return std::nullopt;
  }
  return storage::Labels(std::vector<storage::Labels::Pair>(map.begin(), map.end()));
}

}  // namespace tidemark::scrape
