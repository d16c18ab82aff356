#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/collector.h"
#include "exporter/helping_thread.h"

namespace tidemark::exporter {

/// The enabled collectors, and the page they make. Any thread may call; pages are made one at a time, by two threads.
class CollectorSet {
 public:
  /// Makes every collector named in `enabled`. \throw std::invalid_argument when one does not take its flags.
  CollectorSet(const std::vector<std::string>& enabled, const CollectorContext& context);

  /// Makes anew those collectors that read a configuration file. When one cannot, all stay as they are.
  /// \throw std::runtime_error or std::invalid_argument
  void Reload();

  [[nodiscard]] bool Contains(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> Names() const;

  /// Some of the collectors, by their place among all.
  using Selection = std::vector<bool>;
  /// Those named in `wanted`, or all when it is empty, without those named in `unwanted`.
  [[nodiscard]] Selection Select(const std::vector<std::string>& wanted,
                                 const std::vector<std::string>& unwanted) const;

  /// Writes the families of the exporter itself.
  using OwnFamilies = std::function<void(exposition::Writer& writer)>;
  /// Writes the exporter's own families, runs the collectors of `selection` and writes theirs, then
  /// node_scrape_collector_duration_seconds and node_scrape_collector_success of each. A collector that fails or throws
  /// costs only its own families.
  void WritePage(
      const Selection& selection, exposition::Writer& writer,
      const OwnFamilies& write_own = [](exposition::Writer&) {});

 private:
  /// So many collectors are worth waking the helper.
  static constexpr size_t kMinShared = 8;

  struct Outcome {
    double duration_seconds = 0;
    bool success = false;
  };
  /// Where what a collector wrote stands in texts_.
  struct Piece {
    HelpingThread::Hand hand{};
    size_t begin = 0;
    size_t end = 0;
  };
  struct Entry {
    const CollectorDescriptor* descriptor;
    std::unique_ptr<Collector> collector;
    std::string last_error{};
    bool lacks_driver = false;  // until there may be one
    Outcome outcome{};          // on the last page for which it was selected
    Piece piece{};              // of the same page
  };

  void RunSelected(const Selection& selection, exposition::Writer& writer, const OwnFamilies& write_own);
  void Run(Entry& entry, exposition::Writer& writer);
  void LogChange(Entry& entry, const CollectStatus& status) const;

  const CollectorContext context_;
  std::mutex mutex_;  // guards all below but descriptors
  std::vector<Entry> entries_;
  std::vector<size_t> by_name_;       // indexes of entries_
  std::vector<size_t> row_;           // of the page: indexes of entries_
  std::array<std::string, 2> texts_;  // by HelpingThread::Hand
  HelpingThread helper_{kMinShared};
};

}  // namespace tidemark::exporter
