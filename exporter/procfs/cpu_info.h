#pragma once

#include <string>
#include <string_view>

#include "common/exposition/writer.h"

namespace re2 {
class RE2;
}

namespace tidemark::exporter::procfs {

/// Writes node_cpu_info from the content of /proc/cpuinfo as x86 has it (proc(5)), and of the first CPU's flags and
/// bugs those that a pattern matches anywhere; null for none.
void WriteCpuInfo(std::string_view content, const re2::RE2* flags, const re2::RE2* bugs, exposition::Writer& writer);

}  // namespace tidemark::exporter::procfs
