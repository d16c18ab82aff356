#include "common/glob.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace tidemark {
namespace {

/// Takes one character of UTF-8, or a byte that is none, from the beginning of `text`.
std::string_view TakeCharacter(std::string_view& text) {
  size_t bytes = 1;
  while (bytes < text.size() && bytes < 4 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80) ++bytes;
  const std::string_view character = text.substr(0, bytes);
  text.remove_prefix(bytes);
  return character;
}

/// What stands for one character of a name, or, as kMany, for any number of them.
struct Token {
  enum class Kind { kMany, kOne, kClass } kind;
  bool is_negated = false;
  std::vector<std::pair<std::string, std::string>> ranges{};  // UTF-8 sorts as its code points do

  [[nodiscard]] bool Matches(std::string_view character) const {
    const auto contains = [&](const auto& range) { return range.first <= character && character <= range.second; };
    return kind == Kind::kOne || std::ranges::any_of(ranges, contains) != is_negated;
  }
};
using Tokens = std::vector<Token>;

/// A character that may be escaped, within brackets.
std::optional<std::string> TakeBound(std::string_view& pattern) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return std::nullopt;
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  if (pattern.empty()) return std::nullopt;
  return std::string(TakeCharacter(pattern));
}

/// The class whose bracket has just been taken.
std::optional<Token> TakeClass(std::string_view& pattern) {
  Token token{Token::Kind::kClass};
  if (pattern.starts_with('^')) {
    token.is_negated = true;
    pattern.remove_prefix(1);
  }
  while (token.ranges.empty() || !pattern.starts_with(']')) {
    const std::optional<std::string> low = TakeBound(pattern);
    if (!low) return std::nullopt;
    std::optional<std::string> high = low;
    if (pattern.starts_with('-')) {
      pattern.remove_prefix(1);
      high = TakeBound(pattern);
      if (!high) return std::nullopt;
    }
    token.ranges.emplace_back(*low, *high);
  }
  pattern.remove_prefix(1);
  return token;
}

/// Nothing when the pattern is malformed.
std::optional<Tokens> Parse(std::string_view pattern) {
  Tokens tokens;
  while (!pattern.empty()) {
    const char c = pattern[0];
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern.remove_prefix(1);
    if (c == '*') {
      tokens.push_back({Token::Kind::kMany});
    } else if (c == '?') {
      tokens.push_back({Token::Kind::kOne});
    } else if (c == '[') {
      std::optional<Token> token = TakeClass(pattern);
      if (!token) return std::nullopt;
      tokens.push_back(std::move(*token));
    } else {
      if (pattern.empty()) return std::nullopt;
      const std::string literal(TakeCharacter(pattern));
      tokens.push_back({Token::Kind::kClass, false, {{literal, literal}}});
    }
  }
  return tokens;
}

/// Comes back to the last kMany alone, which is enough: what an earlier one takes more, the last can take less.
bool Matches(const Tokens& tokens, std::string_view name) {
  size_t next = 0;
  std::optional<size_t> after_many;
  std::string_view name_at_many;
  while (true) {
    if (next < tokens.size() && tokens[next].kind == Token::Kind::kMany) {
      after_many = ++next;
      name_at_many = name;
      continue;
    }
    if (next == tokens.size() && name.empty()) return true;
    std::string_view rest = name;
    if (next < tokens.size() && !name.empty() && tokens[next].Matches(TakeCharacter(rest))) {
      ++next;
      name = rest;
      continue;
    }
    if (!after_many || name_at_many.empty()) return false;
    TakeCharacter(name_at_many);
    next = *after_many;
    name = name_at_many;
  }
}

/// Appends the entries of `directory` that match.
void GlobDirectory(const std::string& directory, const Tokens& tokens, std::vector<std::string>& paths) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  std::erase_if(names, [&](const std::string& name) { return !Matches(tokens, name); });
  std::ranges::sort(names);
  for (const std::string& name : names)
    paths.push_back((std::filesystem::path(directory) / name).lexically_normal().string());
}

}  // namespace

bool IsGlob(std::string_view path) { return path.find_first_of("*?[\\") != std::string_view::npos; }

std::vector<std::string> Glob(std::string_view pattern) {
  if (!IsGlob(pattern)) {
    std::string path(pattern);
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return {};
    return {std::move(path)};
  }
  const size_t name_at = pattern.rfind('/') + 1;  // 0 without a slash
  const std::optional<Tokens> name = Parse(pattern.substr(name_at));
  if (!name) return {};
  // "a/b" is in "a", "/b" in "/", "b" in ".".
  const std::string_view parent = name_at == 0 ? "." : name_at == 1 ? "/" : pattern.substr(0, name_at - 1);
  std::vector<std::string> paths;
  const std::vector<std::string> directories =
      IsGlob(parent) ? Glob(parent) : std::vector<std::string>{std::string(parent)};
  for (const std::string& directory : directories) GlobDirectory(directory, *name, paths);
  return paths;
}

}  // namespace tidemark
