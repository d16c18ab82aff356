#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/exposition/writer.h"
#include "exporter/textfile/text_parser.h"

namespace tidemark::exporter::textfile {

/// Families of several files on their way to one page. Where they contradict each other or the page, what came first
/// stays: of a series that comes twice the first, of two types and helps those of the first file.
class TextMerge {
 public:
  /// `taken`: the names of the families that the page has besides.
  explicit TextMerge(std::set<std::string, std::less<>> taken) : taken_(std::move(taken)) {}

  /// Adds a file's. Returns what of it did not fit, the first of several; empty: nothing.
  [[nodiscard]] std::string Add(const std::string& path, Families&& families);

  /// Writes all of them.
  void Write(exposition::Writer& writer) const;

 private:
  struct Merged {
    std::string help{};
    bool has_help = false;
    exposition::MetricType type = exposition::MetricType::kUntyped;
    std::vector<std::string> paths{};
    std::vector<Metric> metrics{};
    std::set<LabelMap> series{};  ///< labels with a value
  };

  /// Why a family cannot be on the page at all; empty: it can.
  [[nodiscard]] std::string Conflict(const std::string& name, const Family& family) const;
  static void WriteMetric(const Merged& family, const Metric& metric, exposition::Writer& writer);

  const std::set<std::string, std::less<>> taken_;
  std::map<std::string, Merged> families_;
};

}  // namespace tidemark::exporter::textfile
