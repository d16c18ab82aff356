#include "analyzer/storage/matcher.h"

#include <re2/re2.h>

#include <stdexcept>

#include "common/utf8.h"

namespace tidemark::storage {

Matcher::Matcher(Type type, std::string name, std::string value)
    : type_(type), name_(std::move(name)), value_(std::move(value)) {
  if (type_ != Type::kRegex && type_ != Type::kNotRegex) return;
  auto regex = std::make_shared<re2::RE2>(value_, re2::RE2::Quiet);
  if (!regex->ok()) throw std::invalid_argument("error parsing regexp: " + regex->error());
  regex_ = std::move(regex);
}

bool Matcher::Matches(std::string_view value) const {
  switch (type_) {
    case Type::kEqual:
      return value == value_;
    case Type::kNotEqual:
      return value != value_;
    case Type::kRegex:
      return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
    case Type::kNotRegex:
      return !re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  }
  return false;
}

std::string Matcher::ToString() const {
  constexpr const char* kOperators[] = {"=", "!=", "=~", "!~"};
  std::string text = name_ + kOperators[static_cast<int>(type_)];
  AppendJsonString(text, value_);
  return text;
}

}  // namespace tidemark::storage
