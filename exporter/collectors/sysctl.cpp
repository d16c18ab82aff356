// Kernel parameters that the user chooses, from /proc/sys (sysctl(8)).

#include <algorithm>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kInclude = "collector.sysctl.include";
constexpr const char* kIncludeInfo = "collector.sysctl.include-info";

constexpr FlagSpec kFlags[] = {
    {kInclude, "", "Parameter with numbers to write (repeatable): NAME, or NAME:FIELD,FIELD… to name each number",
     false, true},
    {kIncludeInfo, "", "Parameter with texts to write as labels (repeatable): NAME", false, true},
};

struct Parameter {
  std::string name;  ///< "fs.file-nr"
  std::vector<std::string> fields;
  bool is_info = false;
  procfs::KernelFile file;
};

std::string MetricPart(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

class SysctlCollector final : public Collector {
 public:
  explicit SysctlCollector(const CollectorContext& context) {
    AddParameters(context, kInclude, false);
    AddParameters(context, kIncludeInfo, true);
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    SampleTable samples;
    for (Parameter& parameter : parameters_) {
      if (const int error = ReadFile(parameter.file, 1 << 20, content_); error != 0)
        return CollectStatus::Unreadable(parameter.file.path(), error);
      std::vector<std::string_view> values;
      procfs::Scanner scanner(content_);
      while (scanner.NextLine()) {
        for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField()) values.push_back(field);
      }
      if (std::string problem = Add(parameter, values, samples); !problem.empty())
        return CollectStatus::Failed("sysctl " + parameter.name + " " + problem);
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  void AddParameters(const CollectorContext& context, const char* flag, bool is_info) {
    procfs::Scanner lines(context.Flag(flag));
    while (lines.NextLine()) {
      std::string_view text = lines.rest();
      const size_t colon = text.find(':');
      std::string name(text.substr(0, colon));
      std::vector<std::string> fields;
      text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
      while (!text.empty()) {
        fields.emplace_back(text.substr(0, text.find(',')));
        text.remove_prefix(std::min(fields.back().size() + 1, text.size()));
      }
      std::string path = "sys/" + name;
      std::ranges::replace(path, '.', '/');
      // A name is a path below /proc/sys, and must stay there.
      if (name.empty() || path.find("//") != std::string::npos)
        throw std::invalid_argument("--" + std::string(flag) + ": \"" + name + "\" is not the name of a parameter");
      parameters_.push_back(
          {std::move(name), std::move(fields), is_info, procfs::KernelFile(context.paths.Proc(path))});
    }
  }

  /// Returns what is wrong, or nothing.
  static std::string Add(const Parameter& parameter, const std::vector<std::string_view>& values,
                         SampleTable& samples) {
    if (!parameter.fields.empty() && parameter.fields.size() != values.size()) {
      return "has " + std::to_string(values.size()) + " values, but " + std::to_string(parameter.fields.size()) +
             " are named";
    }
    for (size_t i = 0; i < values.size(); ++i) {
      const std::string index = std::to_string(i);
      if (parameter.is_info) {
        samples.Add("node_sysctl_info", "sysctl info", MetricType::kGauge,
                    {{"index", index}, {"name", parameter.name}, {"value", std::string(values[i])}}, 1);
        continue;
      }
      const auto number = procfs::ParseDecimal(values[i]);
      if (!number) return "is no number: \"" + std::string(values[i]) + "\"";
      const std::string metric = "node_sysctl_" + MetricPart(parameter.name);
      if (!parameter.fields.empty()) {
        samples.Add(metric + "_" + parameter.fields[i], "sysctl " + parameter.name + ", field " + index,
                    MetricType::kUntyped, {}, *number);
      } else if (values.size() > 1) {
        samples.Add(metric, "sysctl " + parameter.name, MetricType::kUntyped, {{"index", index}}, *number);
      } else {
        samples.Add(metric, "sysctl " + parameter.name, MetricType::kUntyped, {}, *number);
      }
    }
    return "";
  }

  std::vector<Parameter> parameters_;
  std::string content_;
};

TIDEMARK_COLLECTOR(sysctl,
                   {.name = "sysctl", .enabled_by_default = false, .flags = kFlags, .create = Create<SysctlCollector>});

}  // namespace
}  // namespace tidemark::exporter
