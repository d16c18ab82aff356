#pragma once

#include <re2/re2.h>

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

/// What a regular expression matched: all of it, and then each group.
using RegexGroups = std::vector<re2::StringPiece>;

/// The groups of a match of all of `text`; empty without one.
RegexGroups MatchWhole(const re2::RE2& regex, std::string_view text);

/// Replaces $1, ${1}, $name, ${name} and $$ as Go's regexp.Expand does: a name is as long as letters, digits and
/// underscores go, and one that is no group is empty.
std::string ExpandGroups(std::string_view replacement, const re2::RE2& regex, const RegexGroups& groups);

/// Every match in `text` replaced, as Go's regexp.ReplaceAllString does.
std::string ReplaceAllMatches(const re2::RE2& regex, std::string_view text, std::string_view replacement);

}  // namespace tidemark
