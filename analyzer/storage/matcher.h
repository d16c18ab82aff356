#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/storage/labels.h"

namespace re2 {
class RE2;
}

namespace tidemark::storage {

/// One condition on a label: `name="v"`, `name!="v"`, `name=~"re"`, `name!~"re"`. Regular expressions match the whole
/// value. A missing label has the value "". Immutable; any thread may use it.
class Matcher {
 public:
  enum class Type { kEqual, kNotEqual, kRegex, kNotRegex };

  /// \throw std::invalid_argument when a regular expression does not compile.
  Matcher(Type type, std::string name, std::string value);

  [[nodiscard]] bool Matches(std::string_view value) const;
  [[nodiscard]] bool MatchesEmpty() const { return Matches(""); }
  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  /// The values that a regular expression like `a|b|c` stands for; empty when it is none of that kind.
  [[nodiscard]] const std::vector<std::string>& literals() const { return literals_; }
  /// As PromQL writes it: name=~"value".
  [[nodiscard]] std::string ToString() const;

 private:
  void ReadLiterals();
  [[nodiscard]] bool MatchesRegex(std::string_view value) const;

  Type type_;
  std::string name_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;
  std::vector<std::string> literals_;
  std::string prefix_;  // what every match of the regular expression begins with
};

}  // namespace tidemark::storage
