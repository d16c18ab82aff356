#pragma once

#include <optional>
#include <string_view>

namespace tidemark::exporter::procfs {

/// The total of the line that begins with `who` ("some" or "full") of a file of pressure stall information, in seconds.
/// Empty when there is none.
std::optional<double> PressureTotalSeconds(std::string_view content, std::string_view who);

}  // namespace tidemark::exporter::procfs
