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

/// from_chars takes no "+", which Go's parsers do.
std::string_view WithoutPlus(std::string_view field) {
  return field.size() > 1 && field[0] == '+' && field[1] != '-' ? field.substr(1) : field;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool Scanner::NextLine() {
  if (text_.empty()) return false;
  const size_t end = std::min(text_.find('\n'), text_.size());
  line_ = text_.substr(0, end);
  if (line_.ends_with('\r')) line_.remove_suffix(1);  // of a file from elsewhere
  text_.remove_prefix(std::min(end + 1, text_.size()));
  return true;
}

std::string_view Scanner::NextField() {
  // Not find_first_of, which calls memchr for each character.
  const char* at = line_.data();
  const char* const end = at + line_.size();
  while (at != end && IsBlank(*at)) ++at;
  const char* const begin = at;
  while (at != end && !IsBlank(*at)) ++at;
  line_ = {at, static_cast<size_t>(end - at)};
  return {begin, static_cast<size_t>(at - begin)};
}

bool Scanner::IsNext(std::string_view field) const {
  return !field.empty() && line_.size() > field.size() && line_.starts_with(field) && IsBlank(line_[field.size()]);
}

std::optional<uint64_t> ParseUnsigned(std::string_view field) { return ParseWhole<uint64_t>(field); }
std::optional<int64_t> ParseSigned(std::string_view field) { return ParseWhole<int64_t>(WithoutPlus(field)); }
std::optional<uint64_t> ParseHexadecimal(std::string_view field) {
  constexpr int kHexadecimal = 16;
  return ParseWhole<uint64_t>(field, kHexadecimal);
}
std::optional<double> ParseDecimal(std::string_view field) { return ParseWhole<double>(WithoutPlus(field)); }

}  // namespace tidemark::exporter::procfs
