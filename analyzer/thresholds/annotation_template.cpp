#include "analyzer/thresholds/annotation_template.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <vector>

#include "common/number_format.h"
#include "common/text.h"

namespace tidemark::thresholds {
namespace {

/// "%.4g" as Go prints it for the values at hand.
std::string FourDigits(double value) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  return buffer.data();
}

std::string Scaled(double value, double base, const std::vector<const char*>& large, bool with_small) {
  if (!std::isfinite(value)) return FormatApiFloat(value);
  const char* prefix = "";
  if (std::fabs(value) >= 1 || !with_small) {
    for (const char* next : large) {
      if (std::fabs(value) < base) break;
      prefix = next;
      value /= base;
    }
  } else if (value != 0) {
    for (const char* next : {"m", "u", "n", "p", "f", "a", "z", "y"}) {
      if (std::fabs(value) >= 1) break;
      prefix = next;
      value *= base;
    }
  }
  return FourDigits(value) + prefix;
}

/// 3661 -> "1h 1m 1s"; below a minute with four digits and, below a second, a prefix.
std::string HumanizeDuration(double seconds) {
  if (!std::isfinite(seconds)) return FormatApiFloat(seconds);
  if (std::fabs(seconds) < 1) return Scaled(seconds, 1000, {}, true) + "s";
  if (std::fabs(seconds) < 60) return FourDigits(seconds) + "s";
  const std::string sign = seconds < 0 ? "-" : "";
  auto rest = static_cast<int64_t>(std::fabs(seconds));
  std::string text;
  for (const auto& [unit_seconds, unit] :
       {std::pair(86400, "d "), std::pair(3600, "h "), std::pair(60, "m "), std::pair(1, "s")}) {
    const int64_t count = rest / unit_seconds;
    rest %= unit_seconds;
    if (!text.empty() || count > 0) text += std::to_string(count) + unit;
  }
  return sign + text;
}

/// Whether `format` holds one floating-point verb and nothing else that printf would read an argument for.
bool IsSafeFormat(std::string_view format) {
  size_t verbs = 0;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 1 < format.size() && format[i + 1] == '%') {
      ++i;
      continue;
    }
    ++i;
    size_t digits = 0;
    while (i < format.size() && (std::isdigit(static_cast<unsigned char>(format[i])) != 0 || format[i] == '.')) {
      ++i;
      ++digits;
    }
    if (i >= format.size() || std::string_view("feg").find(format[i]) == std::string_view::npos || digits > 4)
      return false;
    ++verbs;
  }
  return verbs == 1;
}

std::string Printf(const std::string& format, double value) {
  std::array<char, 512> buffer{};
  // NOLINTNEXTLINE(clang-diagnostic-format-nonliteral): IsSafeFormat let one floating-point verb through
  std::snprintf(buffer.data(), buffer.size(), format.c_str(), value);
  return buffer.data();
}

/// The filter's result, or empty when there is no such filter.
std::optional<std::string> ApplyFilter(std::string_view filter, double value) {
  if (filter == "humanize") return Scaled(value, 1000, {"k", "M", "G", "T", "P", "E", "Z", "Y"}, true);
  if (filter == "humanize1024") return Scaled(value, 1024, {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"}, false);
  if (filter == "humanizePercentage") return FourDigits(value * 100) + "%";
  if (filter == "humanizeDuration") return HumanizeDuration(value);
  if (filter.starts_with("printf \"") && filter.ends_with('"') && filter.size() > 9) {
    const std::string format(filter.substr(8, filter.size() - 9));
    if (IsSafeFormat(format)) return Printf(format, value);
  }
  return std::nullopt;
}

/// The text of one `{{ … }}`. \throw std::invalid_argument
std::string RenderAction(std::string_view action, const TemplateValues& values) {
  const size_t bar = action.find('|');
  const std::string_view subject = Trim(action.substr(0, bar));
  constexpr std::string_view kLabels = "$labels.";
  std::string text;
  if (subject == "$value") {
    text = FormatApiFloat(values.value);
  } else if (subject == "$level") {
    text = values.level;
  } else if (subject.starts_with(kLabels) && subject.size() > kLabels.size()) {
    text = values.labels.Get(subject.substr(kLabels.size()));
  } else {
    throw std::invalid_argument("unknown template value \"" + std::string(subject) +
                                "\"; there are $value, $level and $labels.NAME");
  }
  if (bar == std::string_view::npos) return text;
  const std::string_view filter = Trim(action.substr(bar + 1));
  if (subject != "$value") throw std::invalid_argument("filters apply to $value only");
  const std::optional<std::string> filtered = ApplyFilter(filter, values.value);
  if (!filtered) {
    throw std::invalid_argument(
        "unknown template filter \"" + std::string(filter) +
        "\"; there are humanize, humanize1024, humanizePercentage, humanizeDuration and printf \"%.1f\"");
  }
  return *filtered;
}

/// \throw std::invalid_argument
std::string RenderStrict(std::string_view text, const TemplateValues& values) {
  std::string out;
  while (true) {
    const size_t open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const size_t close = text.find("}}", open);
    if (close == std::string_view::npos) throw std::invalid_argument("\"{{\" without \"}}\"");
    out += RenderAction(text.substr(open + 2, close - open - 2), values);
    text.remove_prefix(close + 2);
  }
}

}  // namespace

std::string RenderTemplate(std::string_view text, const TemplateValues& values) {
  try {
    return RenderStrict(text, values);
  } catch (const std::invalid_argument&) {
    return std::string(text);
  }
}

std::string CheckTemplate(std::string_view text) {
  try {
    const storage::Labels none;
    RenderStrict(text, {.labels = none, .value = 0, .level = ""});
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace tidemark::thresholds
