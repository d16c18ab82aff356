#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark::exporter::procfs {

/// Walks text line by line and field by field without copying. Fields are separated by blanks and tabs.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Steps to the next line; false at the end. Views stay valid as long as the text does.
  bool NextLine();
  /// The current line's next field, empty when there is none left.
  std::string_view NextField();
  /// Whether what is left of the line begins with this field, which costs less than looking for the field's end. False
  /// for an empty one, and for the only one that is left.
  [[nodiscard]] bool IsNext(std::string_view field) const;
  /// What is left of the current line.
  [[nodiscard]] std::string_view rest() const { return line_; }

 private:
  std::string_view text_;
  std::string_view line_;
};

/// The whole field as a decimal number without a sign.
std::optional<uint64_t> ParseUnsigned(std::string_view field);
/// The same that may have a sign, "+" too.
std::optional<int64_t> ParseSigned(std::string_view field);
/// The whole field as a hexadecimal number, without 0x.
std::optional<uint64_t> ParseHexadecimal(std::string_view field);
/// The whole field as a decimal fraction, as double, which may have a sign.
std::optional<double> ParseDecimal(std::string_view field);

}  // namespace tidemark::exporter::procfs
