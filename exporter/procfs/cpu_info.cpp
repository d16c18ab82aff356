#include "exporter/procfs/cpu_info.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "common/text.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter::procfs {
namespace {

using exposition::MetricType;
using Fields = std::map<std::string_view, std::string_view>;

/// "key	: value" lines; an empty line ends a CPU.
std::vector<Fields> ParseCpus(std::string_view content) {
  std::vector<Fields> cpus;
  Scanner scanner(content);
  bool in_cpu = false;
  while (scanner.NextLine()) {
    const std::string_view line = scanner.rest();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      in_cpu = false;
      continue;
    }
    if (!in_cpu) cpus.emplace_back();
    in_cpu = true;
    cpus.back()[Trim(line.substr(0, colon))] = Trim(line.substr(colon + 1));
  }
  return cpus;
}

void WriteWords(std::string_view words, const RE2& wanted, const char* family, const char* field, const char* label,
                exposition::Writer& writer) {
  Scanner scanner(words);
  scanner.NextLine();
  bool started = false;
  for (auto word = scanner.NextField(); !word.empty(); word = scanner.NextField()) {
    if (!RE2::PartialMatch(re2::StringPiece(word.data(), word.size()), wanted)) continue;
    if (!started) {
      writer.Family(
          family,
          std::string("The `") + field + "` field of CPU information from /proc/cpuinfo taken from the first core.",
          MetricType::kGauge);
    }
    started = true;
    writer.Sample({{label, word}}, 1);
  }
}

}  // namespace

bool WriteCpuInfo(std::string_view content, const re2::RE2* flags, const re2::RE2* bugs, exposition::Writer& writer) {
  std::vector<Fields> cpus = ParseCpus(content);
  if (cpus.empty() || !cpus[0].contains("processor")) return false;
  writer.Family("node_cpu_info", "CPU information from /proc/cpuinfo.", MetricType::kGauge);
  for (Fields& cpu : cpus) {
    writer.Sample({{"cachesize", cpu["cache size"]},
                   {"core", cpu["core id"]},
                   {"cpu", cpu["processor"]},
                   {"family", cpu["cpu family"]},
                   {"microcode", cpu["microcode"]},
                   {"model", cpu["model"]},
                   {"model_name", cpu["model name"]},
                   {"package", cpu["physical id"]},
                   {"stepping", cpu["stepping"]},
                   {"vendor", cpu["vendor_id"]}},
                  1);
  }
  if (flags != nullptr) WriteWords(cpus[0]["flags"], *flags, "node_cpu_flag_info", "flags", "flag", writer);
  if (bugs != nullptr) WriteWords(cpus[0]["bugs"], *bugs, "node_cpu_bug_info", "bugs", "bug", writer);
  return true;
}

std::optional<std::set<uint16_t>> ParseCpuList(std::string_view list) {
  std::set<uint16_t> cpus;
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), range.size() + 1));
    if (range.empty()) continue;
    const size_t dash = range.find('-');
    const auto first = ParseUnsigned(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : ParseUnsigned(range.substr(dash + 1));
    if (!first || !last || *last > UINT16_MAX) return std::nullopt;
    for (uint64_t cpu = *first; cpu <= *last; ++cpu) cpus.insert(static_cast<uint16_t>(cpu));
  }
  return cpus;
}

}  // namespace tidemark::exporter::procfs
