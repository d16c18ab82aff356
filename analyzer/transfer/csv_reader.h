#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::transfer {

/// Reads comma-separated values as RFC 4180 has them: fields may be quoted, a quote in a quoted field is doubled, lines
/// end in LF or CRLF. Empty lines are skipped.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  /// The next row; false at the end or when a quoted field is not closed (error() then says so).
  bool Next(std::vector<std::string>& row);
  /// Of the row that was read, counted from 1.
  [[nodiscard]] size_t line() const { return row_line_; }
  [[nodiscard]] size_t offset() const { return at_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  bool ReadField(std::string& field);

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  size_t row_line_ = 1;
  std::string error_;
};

/// Appends a field, quoted when it must be.
void AppendCsvField(std::string& out, std::string_view field);

}  // namespace tidemark::transfer
