#include "exporter/procfs/scanner.h"

#include <algorithm>
#include <charconv>

namespace tidemark::exporter::procfs {
namespace {

/// `base`: of whole numbers.
template <typename T, typename... Base>
std::optional<T> ParseWhole(std::string_view field, Base... base) {
  T value{};
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, base...);
  if (field.empty() || error != std::errc{} || end != field.data() + field.size()) return std::nullopt;
  return value;
}

}  // namespace

bool Scanner::NextLine() {
  if (text_.empty()) return false;
  const size_t end = std::min(text_.find('\n'), text_.size());
  line_ = text_.substr(0, end);
  text_.remove_prefix(std::min(end + 1, text_.size()));
  return true;
}

std::string_view Scanner::NextField() {
  constexpr std::string_view kBlanks = " \t";
  line_.remove_prefix(std::min(line_.find_first_not_of(kBlanks), line_.size()));
  const std::string_view field = line_.substr(0, std::min(line_.find_first_of(kBlanks), line_.size()));
  line_.remove_prefix(field.size());
  return field;
}

std::optional<uint64_t> ParseUnsigned(std::string_view field) { return ParseWhole<uint64_t>(field); }
std::optional<uint64_t> ParseHexadecimal(std::string_view field) {
  constexpr int kHexadecimal = 16;
  return ParseWhole<uint64_t>(field, kHexadecimal);
}
std::optional<double> ParseDecimal(std::string_view field) { return ParseWhole<double>(field); }

}  // namespace tidemark::exporter::procfs
