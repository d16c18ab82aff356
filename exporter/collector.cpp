#include "exporter/collector.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "common/file.h"

// Set by the linker around the section that TIDEMARK_COLLECTOR fills.
extern const tidemark::exporter::CollectorDescriptor* const kSectionBegin __asm__("__start_tidemark_collectors");
extern const tidemark::exporter::CollectorDescriptor* const kSectionEnd __asm__("__stop_tidemark_collectors");

namespace tidemark::exporter {

std::string Paths::Proc(std::string_view path) const { return JoinPath(procfs, path); }
std::string Paths::Sys(std::string_view path) const { return JoinPath(sysfs, path); }

const std::string& CollectorContext::Flag(std::string_view name) const {
  const auto it = flag_values.find(name);
  if (it == flag_values.end()) throw std::logic_error("collector flag was not declared: " + std::string(name));
  return it->second;
}

std::unique_ptr<re2::RE2> CollectorContext::Pattern(std::string_view name) const {
  const std::string& text = Flag(name);
  if (text.empty()) return nullptr;
  auto pattern = std::make_unique<re2::RE2>(text, re2::RE2::Quiet);
  if (!pattern->ok()) {
    throw std::invalid_argument("--" + std::string(name) + " is not a regular expression: " + pattern->error());
  }
  return pattern;
}

CollectStatus CollectStatus::Unreadable(const std::string& path, int error_number) {
  return Failed("cannot read " + path + ": " + ErrnoText(error_number));
}

std::span<const CollectorDescriptor* const> AllCollectors() {
  static const std::vector<const CollectorDescriptor*> sorted = [] {
    std::vector<const CollectorDescriptor*> found(&kSectionBegin, &kSectionEnd);
    std::ranges::sort(found, [](const CollectorDescriptor* a, const CollectorDescriptor* b) {
      if (a->runs_last != b->runs_last) return b->runs_last;
      return std::strcmp(a->name, b->name) < 0;
    });
    return found;
  }();
  return sorted;
}

}  // namespace tidemark::exporter
