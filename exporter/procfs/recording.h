#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tidemark::exporter::procfs {

// What the kernel was asked over netlink, recorded as JSON in the form that node_exporter's own tests have, for hosts
// without the hardware.

/// \throw std::runtime_error naming the file
nlohmann::json ReadRecording(const std::string& path);

/// A member by name in any case; null when there is none.
const nlohmann::json& RecordedMember(const nlohmann::json& object, std::string_view name);
/// The same of a number and a text; 0 or empty when there is none of this type.
double RecordedNumber(const nlohmann::json& object, std::string_view name);
std::string RecordedText(const nlohmann::json& object, std::string_view name);

}  // namespace tidemark::exporter::procfs
