#include "common/startup_pages.h"

#include <sys/mman.h>

#include <cinttypes>
#include <cstdio>
#include <string>
#include <string_view>

#include "common/file.h"

namespace tidemark {
namespace {

struct Mapping {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool is_file = false;
  bool is_writable = false;
};

/// "7f00-8f00 r-xp 00000000 fe:00 1234 /usr/lib/libc.so.6", the line before those of the mapping's sizes.
bool ParseHead(const std::string& line, Mapping& mapping) {
  char access[5] = "";
  if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s", &mapping.begin, &mapping.end, access) != 3)
    return false;
  mapping.is_file = line.find(" /") != std::string::npos;
  mapping.is_writable = access[1] == 'w';
  return true;
}

}  // namespace

StartupPages::StartupPages() {
  constexpr size_t kMaxBytes = size_t{4} << 20;
  constexpr std::string_view kAnonymous = "Anonymous:";
  std::string content;
  if (ReadFile("/proc/self/smaps", kMaxBytes, content) != 0) return;
  Mapping mapping;
  size_t begin = 0;
  for (size_t end = content.find('\n'); end != std::string::npos; begin = end + 1, end = content.find('\n', begin)) {
    const std::string line = content.substr(begin, end - begin);
    if (Mapping head; ParseHead(line, head)) {
      mapping = head;
      continue;
    }
    if (!line.starts_with(kAnonymous) || !mapping.is_file || mapping.is_writable) continue;
    // What relocations have changed is nowhere but here: it stays.
    if (line.find(" 0 kB") == std::string::npos) continue;
    ranges_.push_back({mapping.begin, mapping.end});
  }
}

void StartupPages::Release() const {
  for (const Range& range : ranges_) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel's list has addresses as numbers.
    ::madvise(reinterpret_cast<void*>(range.begin), range.end - range.begin, MADV_DONTNEED);
  }
}

}  // namespace tidemark
