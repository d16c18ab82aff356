#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace tidemark {

/// Columns of text for a terminal, as wide as their widest cell. Control characters are shown as "?".
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heading) : rows_{std::move(heading)} {}

  /// As many cells as the heading has.
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void Print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tidemark
