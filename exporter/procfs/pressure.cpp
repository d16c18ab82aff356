#include "exporter/procfs/pressure.h"

#include "exporter/procfs/scanner.h"

namespace tidemark::exporter::procfs {

std::optional<double> PressureTotalSeconds(std::string_view content, std::string_view who) {
  constexpr std::string_view kTotal = "total=";
  Scanner scanner(content);
  while (scanner.NextLine()) {
    if (scanner.NextField() != who) continue;
    for (std::string_view field = scanner.NextField(); !field.empty(); field = scanner.NextField()) {
      if (!field.starts_with(kTotal)) continue;
      const auto microseconds = ParseUnsigned(field.substr(kTotal.size()));
      if (!microseconds) return std::nullopt;
      // As node_exporter divides, so that the last digit is the same.
      return static_cast<double>(*microseconds) / 1000.0 / 1000.0;
    }
  }
  return std::nullopt;
}

}  // namespace tidemark::exporter::procfs
