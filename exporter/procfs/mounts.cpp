#include "exporter/procfs/mounts.h"

#include <algorithm>

#include "exporter/procfs/scanner.h"

namespace tidemark::exporter::procfs {
namespace {

/// The kernel writes blank, tab, newline and backslash as \040, \011, \012, \134.
std::string UndoOctalEscapes(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool HasOption(std::string_view options, std::string_view wanted) {
  while (true) {
    const size_t comma = options.find(',');
    if (options.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    options.remove_prefix(comma + 1);
  }
}

}  // namespace

std::vector<Mount> ParseMounts(std::string_view text) {
  std::vector<Mount> mounts;
  Scanner scanner(text);
  while (scanner.NextLine()) {
    const std::string_view device = scanner.NextField();
    const std::string_view mount_point = scanner.NextField();
    const std::string_view fs_type = scanner.NextField();
    const std::string_view options = scanner.NextField();
    if (options.empty()) continue;
    mounts.push_back(
        {std::string(device), UndoOctalEscapes(mount_point), std::string(fs_type), HasOption(options, "ro")});
  }
  return mounts;
}

std::string WithoutRootfs(std::string mount_point, std::string_view rootfs) {
  if (rootfs == "/" || !mount_point.starts_with(rootfs)) return mount_point;
  mount_point.erase(0, rootfs.size());
  return mount_point.empty() ? "/" : mount_point;
}

}  // namespace tidemark::exporter::procfs
