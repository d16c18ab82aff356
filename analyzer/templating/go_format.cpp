#include "analyzer/templating/go_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "common/go_string.h"
#include "common/number_format.h"

namespace tidemark::templating {
namespace {

constexpr int kMaxWidth = 1000;

struct Spec {
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  std::optional<int> width;
  std::optional<int> precision;
  char verb = 'v';
};

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// The first `count` characters.
std::string_view Truncated(std::string_view text, size_t count) {
  size_t bytes = 0;
  for (; bytes < text.size(); ++bytes) {
    if ((static_cast<unsigned char>(text[bytes]) & 0xC0) != 0x80 && count-- == 0) break;
  }
  return text.substr(0, bytes);
}

std::string Padded(const Spec& spec, std::string text, bool zeros_allowed) {
  const auto width = static_cast<size_t>(std::max(0, spec.width.value_or(0)));
  const size_t length = CountCharacters(text);
  if (length >= width) return text;
  if (spec.minus) return text + std::string(width - length, ' ');
  if (!spec.zero || !zeros_allowed) return std::string(width - length, ' ') + text;
  const bool has_sign = !text.empty() && (text.front() == '-' || text.front() == '+' || text.front() == ' ');
  text.insert(has_sign ? 1 : 0, width - length, '0');
  return text;
}

/// "%!d(string=x)"
std::string BadVerb(const Spec& spec, const Value& value) {
  const std::string what = value.IsNil() ? "<nil>" : std::string(value.TypeName()) + "=" + value.Print();
  return std::string("%!") + spec.verb + "(" + what + ")";
}

std::string WithSign(const Spec& spec, std::string text) {
  if (text.starts_with('-') || text.starts_with('+')) return text;
  if (spec.plus) return "+" + text;
  return spec.space ? " " + text : text;
}

std::string FormatInteger(const Spec& spec, int64_t value) {
  if (spec.verb == 'c' || spec.verb == 'q') {
    std::string text;
    AppendUtf8(text, value >= 0 && value <= 0x10FFFF ? static_cast<uint32_t>(value) : 0xFFFD);
    return Padded(spec, spec.verb == 'c' ? text : '\'' + text + '\'', false);
  }
  if (spec.verb == 'U') {
    std::array<char, 24> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "U+%04llX", static_cast<unsigned long long>(value));
    return Padded(spec, buffer.data(), false);
  }
  const int base = spec.verb == 'b' ? 2 : spec.verb == 'o' ? 8 : spec.verb == 'x' || spec.verb == 'X' ? 16 : 10;
  std::array<char, 72> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, base);
  std::string digits(buffer.data(), end);
  const bool negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  if (spec.verb == 'X') std::ranges::transform(digits, digits.begin(), [](unsigned char c) { return std::toupper(c); });
  if (spec.precision && digits.size() < static_cast<size_t>(*spec.precision))
    digits.insert(0, static_cast<size_t>(*spec.precision) - digits.size(), '0');
  if (spec.sharp && base == 16) digits.insert(0, spec.verb == 'X' ? "0X" : "0x");
  if (spec.sharp && base == 8) digits.insert(0, "0");
  return Padded(spec, WithSign(spec, (negative ? "-" : "") + digits), !spec.precision);
}

/// "0x1.8p+00"
std::string HexadecimalText(double value) {
  std::array<char, 40> buffer;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value), std::chars_format::hex);
  std::string text(buffer.data(), end);
  const size_t digits = text.find('p') + 2;
  if (text.size() == digits + 1) text.insert(digits, "0");
  return (std::signbit(value) ? "-0x" : "0x") + text;
}

std::string FormatNumber(const Spec& spec, double value) {
  const char lower = spec.verb == 'v' ? 'g' : static_cast<char>(std::tolower(static_cast<unsigned char>(spec.verb)));
  const int precision = spec.precision.value_or(lower == 'g' ? -1 : 6);
  std::string text =
      lower == 'x' && std::isfinite(value) ? HexadecimalText(value) : FormatFloat(value, lower, precision);
  if (std::isupper(static_cast<unsigned char>(spec.verb)) != 0 && std::isfinite(value))
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return Padded(spec, WithSign(spec, std::move(text)), std::isfinite(value));
}

std::string FormatText(const Spec& spec, std::string_view text) {
  if (spec.precision) text = Truncated(text, static_cast<size_t>(std::max(0, *spec.precision)));
  switch (spec.verb) {
    case 'q':
      return Padded(spec, QuoteGo(text), false);
    case 'x':
    case 'X': {
      std::string hex;
      for (const char c : text) {
        std::array<char, 4> buffer{};
        std::snprintf(buffer.data(), buffer.size(), spec.verb == 'x' ? "%02x" : "%02X", static_cast<unsigned char>(c));
        hex += buffer.data();
      }
      return Padded(spec, hex, false);
    }
    default:
      return Padded(spec, spec.sharp && spec.verb == 'v' ? QuoteGo(text) : std::string(text), false);
  }
}

std::string FormatOne(const Spec& spec, const Value& value) {
  const auto is_verb = [&](std::string_view verbs) { return verbs.find(spec.verb) != std::string_view::npos; };
  if (spec.verb == 'T') return Padded(spec, value.TypeName(), false);
  if (const bool* truth = value.AsBool())
    return is_verb("vt") ? Padded(spec, *truth ? "true" : "false", false) : BadVerb(spec, value);
  if (const int64_t* integer = value.AsInteger())
    return is_verb("vdboxXcqU") ? FormatInteger(spec, *integer) : BadVerb(spec, value);
  if (const double* number = value.AsFloat())
    return is_verb("veEfFgGxX") ? FormatNumber(spec, *number) : BadVerb(spec, value);
  if (const std::string* text = value.AsText())
    return is_verb("vsqxX") ? FormatText(spec, *text) : BadVerb(spec, value);
  if (value.IsNil() && spec.verb != 'v') return BadVerb(spec, value);
  return is_verb("vs") ? Padded(spec, value.Print(), false) : BadVerb(spec, value);
}

class Formatter {
 public:
  Formatter(std::string_view format, const std::vector<Value>& arguments) : format_(format), arguments_(arguments) {}

  std::string Run() {
    while (at_ < format_.size()) {
      const size_t percent = std::min(format_.find('%', at_), format_.size());
      out_ += format_.substr(at_, percent - at_);
      at_ = percent + 1;
      if (percent < format_.size()) FormatVerb();
    }
    if (!reordered_ && next_ < arguments_.size()) AppendExtra();
    return std::move(out_);
  }

 private:
  [[nodiscard]] char Peek() const { return at_ < format_.size() ? format_[at_] : '\0'; }

  void FormatVerb() {
    Spec spec;
    bad_index_ = false;
    for (;; ++at_) {
      if (Peek() == '+') {
        spec.plus = true;
      } else if (Peek() == '-') {
        spec.minus = true;
      } else if (Peek() == '#') {
        spec.sharp = true;
      } else if (Peek() == ' ') {
        spec.space = true;
      } else if (Peek() == '0') {
        spec.zero = true;
      } else {
        break;
      }
    }
    TakeIndex();
    spec.width = TakeNumber("%!(BADWIDTH)");
    if (spec.width && *spec.width < 0) {
      spec.minus = true;
      spec.width = -*spec.width;
    }
    if (Peek() == '.') {
      ++at_;
      TakeIndex();
      spec.precision = TakeNumber("%!(BADPREC)").value_or(0);
      if (*spec.precision < 0) spec.precision.reset();
    }
    TakeIndex();
    if (at_ >= format_.size()) {
      out_ += "%!(NOVERB)";
      return;
    }
    spec.verb = format_[at_++];
    if (spec.verb == '%') {
      out_ += '%';
    } else if (bad_index_) {
      out_ += std::string("%!") + spec.verb + "(BADINDEX)";
    } else if (next_ >= arguments_.size()) {
      out_ += std::string("%!") + spec.verb + "(MISSING)";
    } else {
      out_ += FormatOne(spec, arguments_[next_++]);
    }
  }

  /// "[2]": the argument that comes next.
  void TakeIndex() {
    if (Peek() != '[') return;
    reordered_ = true;
    const size_t close = format_.find(']', at_);
    size_t index = 0;
    if (close != std::string_view::npos) {
      const auto [end, error] = std::from_chars(format_.data() + at_ + 1, format_.data() + close, index);
      if (error != std::errc() || end != format_.data() + close) index = 0;
    }
    at_ = close == std::string_view::npos ? at_ + 1 : close + 1;
    bad_index_ = index == 0 || index > arguments_.size();
    if (!bad_index_) next_ = index - 1;
  }

  /// Digits, or * for the next argument. \throw TemplateError past kMaxWidth
  std::optional<int> TakeNumber(const char* complaint) {
    int64_t number = 0;
    if (Peek() == '*') {
      ++at_;
      const int64_t* argument = next_ < arguments_.size() ? arguments_[next_].AsInteger() : nullptr;
      ++next_;
      if (argument == nullptr) {
        out_ += complaint;
        return std::nullopt;
      }
      number = *argument;
    } else {
      if (std::isdigit(static_cast<unsigned char>(Peek())) == 0) return std::nullopt;
      for (; std::isdigit(static_cast<unsigned char>(Peek())) != 0; ++at_)
        number = std::min<int64_t>(number * 10 + (Peek() - '0'), kMaxWidth + 1);
    }
    if (number > kMaxWidth || number < -kMaxWidth) throw TemplateError("printf: width or precision past 1000");
    return static_cast<int>(number);
  }

  void AppendExtra() {
    out_ += "%!(EXTRA ";
    for (size_t i = next_; i < arguments_.size(); ++i) {
      if (i > next_) out_ += ", ";
      const Value& value = arguments_[i];
      out_ += value.IsNil() ? "<nil>" : std::string(value.TypeName()) + "=" + value.Print();
    }
    out_ += ')';
  }

  std::string_view format_;
  const std::vector<Value>& arguments_;
  size_t at_ = 0;
  size_t next_ = 0;
  bool reordered_ = false;
  bool bad_index_ = false;
  std::string out_;
};

}  // namespace

std::string FormatGo(std::string_view format, const std::vector<Value>& arguments) {
  return Formatter(format, arguments).Run();
}

std::string FormatFloat(double value, char verb, int precision) {
  std::string text;
  if (!std::isfinite(value) || (verb == 'g' && precision < 0)) {
    AppendGoFloat(text, value);
    return text;
  }
  constexpr size_t kLargestInteger = 320;
  text.resize(kLargestInteger + static_cast<size_t>(std::max(precision, 0)));
  const std::chars_format format = verb == 'e'   ? std::chars_format::scientific
                                   : verb == 'f' ? std::chars_format::fixed
                                                 : std::chars_format::general;
  // A precision of 0 means 1 for %g.
  const int digits = verb == 'g' ? std::max(precision, 1) : precision;
  const auto [end, error] = precision < 0
                                ? std::to_chars(text.data(), text.data() + text.size(), value, format)
                                : std::to_chars(text.data(), text.data() + text.size(), value, format, digits);
  text.resize(static_cast<size_t>(end - text.data()));
  return text;
}

}  // namespace tidemark::templating
