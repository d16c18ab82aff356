#include "common/go_regex.h"

#include <algorithm>
#include <cctype>

namespace tidemark {
namespace {

bool IsNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The group that a name or number means; none: past the last one.
size_t GroupIndex(const std::string& name, const re2::RE2& regex) {
  constexpr size_t kNone = static_cast<size_t>(-1);
  constexpr size_t kMaxDigits = 6;
  if (std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; }))
    return name.size() <= kMaxDigits ? std::stoul(name) : kNone;
  const auto named = regex.NamedCapturingGroups().find(name);
  return named == regex.NamedCapturingGroups().end() ? kNone : static_cast<size_t>(named->second);
}

RegexGroups RoomForGroups(const re2::RE2& regex) {
  return RegexGroups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
}

bool Match(const re2::RE2& regex, std::string_view text, size_t from, re2::RE2::Anchor anchor, RegexGroups& groups) {
  return regex.Match({text.data(), text.size()}, from, text.size(), anchor, groups.data(),
                     static_cast<int>(groups.size()));
}

}  // namespace

RegexGroups MatchWhole(const re2::RE2& regex, std::string_view text) {
  RegexGroups groups = RoomForGroups(regex);
  if (!Match(regex, text, 0, re2::RE2::ANCHOR_BOTH, groups)) groups.clear();
  return groups;
}

std::string ExpandGroups(std::string_view replacement, const re2::RE2& regex, const RegexGroups& groups) {
  std::string out;
  for (size_t at = 0; at < replacement.size();) {
    if (replacement[at] != '$' || at + 1 == replacement.size()) {
      out += replacement[at++];
      continue;
    }
    if (replacement[at + 1] == '$') {
      out += '$';
      at += 2;
      continue;
    }
    const bool braced = replacement[at + 1] == '{';
    const size_t begin = at + (braced ? 2 : 1);
    size_t end = begin;
    while (end < replacement.size() && IsNamePart(replacement[end])) ++end;
    if (end == begin || (braced && (end == replacement.size() || replacement[end] != '}'))) {
      out += replacement[at++];
      continue;
    }
    const size_t group = GroupIndex(std::string(replacement.substr(begin, end - begin)), regex);
    if (group < groups.size()) out.append(groups[group].data(), groups[group].size());
    at = end + (braced ? 1 : 0);
  }
  return out;
}

std::string ReplaceAllMatches(const re2::RE2& regex, std::string_view text, std::string_view replacement) {
  RegexGroups groups = RoomForGroups(regex);
  std::string out;
  size_t copied = 0;
  for (size_t from = 0; from <= text.size() && Match(regex, text, from, re2::RE2::UNANCHORED, groups);) {
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    out += text.substr(copied, begin - copied);
    // An empty match right behind another is none.
    if (end > copied || begin == 0) out += ExpandGroups(replacement, regex, groups);
    copied = end;
    from = end;
    if (end == begin) {
      // Past one character, all of its bytes.
      ++from;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
    }
  }
  return out + std::string(text.substr(copied));
}

}  // namespace tidemark
