#include "analyzer/config/label_matcher.h"

#include <array>
#include <stdexcept>

#include "common/exposition/parser.h"
#include "common/text.h"

namespace tidemark::config {
namespace {

using Type = storage::Matcher::Type;

[[noreturn]] void Fail(std::string_view text, const char* why) {
  throw std::invalid_argument("\"" + std::string(text) + "\" is no matcher: " + why);
}

/// The value without its quotes: there \" \\ and \n stand for what they do in Go.
std::string Unquote(std::string_view text, std::string_view value) {
  if (value.empty() || value.front() != '"') {
    if (value.find('"') != std::string_view::npos) Fail(text, "a quote within the value");
    return std::string(value);
  }
  if (value.size() < 2 || value.back() != '"') Fail(text, "a quote is not closed");
  std::string out;
  for (size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '"') Fail(text, "a quote within the value needs a backslash");
    if (value[i] != '\\') {
      out += value[i];
      continue;
    }
    if (++i + 1 == value.size()) Fail(text, "a quote is not closed");
    if (value[i] != '"' && value[i] != '\\' && value[i] != 'n') Fail(text, "a backslash before another sign");
    out += value[i] == 'n' ? '\n' : value[i];
  }
  return out;
}

}  // namespace

storage::Matcher ParseLabelMatcher(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Type>, 4> kOperators{
      {{"=~", Type::kRegex}, {"!~", Type::kNotRegex}, {"!=", Type::kNotEqual}, {"=", Type::kEqual}}};
  const size_t at = text.find_first_of("=!");
  if (at == std::string_view::npos) Fail(text, "expected name=\"value\", or with != =~ !~");
  const std::string_view name = Trim(text.substr(0, at));
  if (!exposition::IsValidLabelName(name)) Fail(text, "it does not begin with the name of a label");
  for (const auto& [op, type] : kOperators) {
    if (!text.substr(at).starts_with(op)) continue;
    return {type, std::string(name), Unquote(text, Trim(text.substr(at + op.size())))};
  }
  Fail(text, "expected =, !=, =~ or !~");
}

}  // namespace tidemark::config
