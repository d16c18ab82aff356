#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/exposition/writer.h"

namespace tidemark::exporter {

/// Samples in the order in which a collector comes upon them, device by device, which a page must have family by
/// family. For what is read device by device and is not much; others write families directly.
class SampleTable {
 public:
  using LabelList = std::vector<std::pair<const char*, std::string>>;

  /// Help and type of a family are those it is first added with; labels come in the order of their names.
  void Add(std::string_view family, std::string_view help, exposition::MetricType type, LabelList labels,
           double value) {
    const auto [it, is_new] = families_.try_emplace(std::string(family));
    if (is_new) {
      it->second.help = help;
      it->second.type = type;
    }
    std::ranges::sort(labels, {}, [](const auto& label) { return std::string_view(label.first); });
    it->second.samples.emplace_back(std::move(labels), value);
  }

  void Write(exposition::Writer& writer) const {
    std::vector<exposition::Label> labels;
    for (const auto& [name, family] : families_) {
      writer.Family(name, family.help, family.type);
      for (const auto& [pairs, value] : family.samples) {
        labels.clear();
        for (const auto& [label, text] : pairs) labels.push_back({label, text});
        writer.Sample(labels, value);
      }
    }
  }

 private:
  struct Family {
    std::string help;
    exposition::MetricType type{};
    std::vector<std::pair<LabelList, double>> samples;
  };
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace tidemark::exporter
