#include "exporter/procfs/recording.h"

#include <stdexcept>

#include "common/file.h"
#include "common/text.h"

namespace tidemark::exporter::procfs {

nlohmann::json ReadRecording(const std::string& path) {
  constexpr size_t kMaxBytes = size_t{16} << 20;
  try {
    return nlohmann::json::parse(ReadFileOrThrow(path, kMaxBytes));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

const nlohmann::json& RecordedMember(const nlohmann::json& object, std::string_view name) {
  static const nlohmann::json kNone;
  if (!object.is_object()) return kNone;
  for (const auto& [key, value] : object.items()) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return kNone;
}

double RecordedNumber(const nlohmann::json& object, std::string_view name) {
  const nlohmann::json& value = RecordedMember(object, name);
  return value.is_number() ? value.get<double>() : 0;
}

std::string RecordedText(const nlohmann::json& object, std::string_view name) {
  const nlohmann::json& value = RecordedMember(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace tidemark::exporter::procfs
