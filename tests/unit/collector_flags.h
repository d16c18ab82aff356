#pragma once

#include <map>
#include <string>

#include "exporter/collector.h"

/// The values of all collectors' flags: those given, and else the defaults.
inline std::map<std::string, std::string, std::less<>> CollectorFlags(
    std::map<std::string, std::string, std::less<>> flags = {}) {
  for (const tidemark::exporter::CollectorDescriptor* descriptor : tidemark::exporter::AllCollectors()) {
    for (const tidemark::exporter::FlagSpec& flag : descriptor->flags) flags.try_emplace(flag.name, flag.default_value);
  }
  return flags;
}
