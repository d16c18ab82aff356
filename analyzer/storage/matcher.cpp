#include "analyzer/storage/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>

#include "common/utf8.h"

namespace tidemark::storage {

Matcher::Matcher(Type type, std::string name, std::string value)
    : type_(type), name_(std::move(name)), value_(std::move(value)) {
  if (type_ != Type::kRegex && type_ != Type::kNotRegex) return;
  auto regex = std::make_shared<re2::RE2>(value_, re2::RE2::Quiet);
  if (!regex->ok()) throw std::invalid_argument("error parsing regexp: " + regex->error());
  regex_ = std::move(regex);
  ReadLiterals();
}

void Matcher::ReadLiterals() {
  constexpr std::string_view kSpecial = ".^$*+?()[]{}\\";
  const size_t special = value_.find_first_of(kSpecial);
  const bool alternatives = value_.find('|') != std::string::npos;
  if (special == std::string::npos) {
    for (size_t at = 0; at <= value_.size();) {
      const size_t bar = std::min(value_.find('|', at), value_.size());
      literals_.push_back(value_.substr(at, bar - at));
      at = bar + 1;
    }
    return;
  }
  if (alternatives) return;
  prefix_ = value_.substr(0, special);
  // A quantifier belongs to the character before it.
  if (!prefix_.empty() && std::string_view("*?{").find(value_[special]) != std::string_view::npos) {
    while (prefix_.size() > 1 && (static_cast<uint8_t>(prefix_.back()) & 0xC0) == 0x80) prefix_.pop_back();
    prefix_.pop_back();
  }
}

bool Matcher::Matches(std::string_view value) const {
  switch (type_) {
    case Type::kEqual:
      return value == value_;
    case Type::kNotEqual:
      return value != value_;
    case Type::kRegex:
      return MatchesRegex(value);
    case Type::kNotRegex:
      return !MatchesRegex(value);
  }
  return false;
}

bool Matcher::MatchesRegex(std::string_view value) const {
  if (!literals_.empty()) return std::ranges::find(literals_, value) != literals_.end();
  return value.starts_with(prefix_) && re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
}

std::string Matcher::ToString() const {
  constexpr const char* kOperators[] = {"=", "!=", "=~", "!~"};
  std::string text = name_ + kOperators[static_cast<int>(type_)];
  AppendJsonString(text, value_);
  return text;
}

}  // namespace tidemark::storage
