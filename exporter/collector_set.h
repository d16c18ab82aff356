#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/collector.h"

namespace tidemark::exporter {

/// The enabled collectors, and the page they make. Any thread may call; pages are made one at a time.
class CollectorSet {
 public:
  /// Makes every collector named in `enabled`. \throw std::invalid_argument when one does not take its flags.
  CollectorSet(const std::vector<std::string>& enabled, const CollectorContext& context);

  /// Makes anew those collectors that read a configuration file. When one cannot, all stay as they are.
  /// \throw std::runtime_error or std::invalid_argument
  void Reload();

  [[nodiscard]] bool Contains(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> Names() const;

  /// Runs the collectors `names` and writes their families, then node_scrape_collector_duration_seconds and
  /// node_scrape_collector_success of each. A collector that fails or throws costs only its own families.
  void WritePage(const std::vector<std::string>& names, exposition::Writer& writer);

 private:
  struct Entry {
    const CollectorDescriptor* descriptor;
    std::unique_ptr<Collector> collector;
    std::string last_error;
  };
  struct Outcome {
    const char* name;
    double duration_seconds;
    bool success;
  };

  Outcome Run(Entry& entry, exposition::Writer& writer);
  void LogChange(Entry& entry, const CollectStatus& status) const;

  const CollectorContext context_;
  std::mutex mutex_;  // guards the collectors' own state and last_error
  std::vector<Entry> entries_;
};

}  // namespace tidemark::exporter
