#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/exposition/writer.h"

namespace re2 {
class RE2;
}

namespace tidemark::exporter::procfs {

/// Writes node_cpu_info from the content of /proc/cpuinfo as x86 has it (proc(5)), and of the first CPU's flags and
/// bugs those that a pattern matches anywhere; null for none. False when that tells of no processor.
bool WriteCpuInfo(std::string_view content, const re2::RE2* flags, const re2::RE2* bugs, exposition::Writer& writer);

/// The CPUs in a list as "1,3-5" (the kernel's Documentation/admin-guide/cputopology.rst). Empty optional for what is
/// no list, or has a CPU of more than 16 bits.
std::optional<std::set<uint16_t>> ParseCpuList(std::string_view list);

}  // namespace tidemark::exporter::procfs
