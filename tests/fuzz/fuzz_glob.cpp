// A pattern of files: whatever it is, what it finds is there, and a name that is escaped finds itself.

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace fs = std::filesystem;
  static const fs::path root = [] {
    std::string name = (fs::temp_directory_path() / "tidemark-fuzz-XXXXXX").string();
    fs::path made = ::mkdtemp(name.data());
    for (const char* file : {"a", "b.yml", ".c", "é", "[x]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "\xff"})
      std::ofstream(made / file) << "";
    std::atexit([] { fs::remove_all(root); });
    return made;
  }();
  std::string pattern(reinterpret_cast<const char*>(data), size);
  std::erase_if(pattern, [](char c) { return c == '/' || c == '\0'; });
  if (pattern.size() > 200) return 0;
  for (const std::string& path : tidemark::Glob(root.string() + "/" + pattern)) {
    if (!fs::exists(path)) std::abort();
  }
  std::string escaped;
  for (const char c : std::string_view("[x]")) escaped.append("\\").append(1, c);
  if (tidemark::Glob(root.string() + "/" + escaped).size() != 1) std::abort();
  return 0;
}
