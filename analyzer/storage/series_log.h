#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "analyzer/storage/labels.h"
#include "analyzer/storage/record_file.h"
#include "common/log.h"

namespace tidemark::storage {

// The series log: which id belongs to which labels, for blocks and the write-ahead log, which know ids only.
//
//   <directory>/series.log = "TMSER002" record*          (record_file.h)
//   payload = varint id, varint label count, label*
//   label   = 0                                             as label number i of the series before
//           | 1, text                                       its name, with another value
//           | varint name bytes + 1, name, text             (text: varint length, bytes)
//
// A series is written before its first sample. When most of what the file names is gone, it is written anew beside
// itself and renamed over.
//
// Not thread-safe.
class SeriesLog {
 public:
  using OnSeries = std::function<void(uint32_t id, const Labels& labels)>;

  /// Reads the file (a torn end is cut off) and opens it for more. \throw std::runtime_error
  SeriesLog(const std::string& directory, const Logger& logger, const OnSeries& on_series);

  /// Keeps a series until the next Flush.
  void Add(uint32_t id, const Labels& labels);
  /// Writes what was added. False with errno set; it is then kept for the next call.
  bool Flush();
  /// Writes the file anew with what `for_each` tells; the old one stays when that fails. Returns whether it worked.
  bool Rewrite(const std::function<void(const OnSeries& write)>& for_each);

  [[nodiscard]] UniqueFd Duplicate() const { return writer_.Duplicate(); }
  [[nodiscard]] uint64_t bytes() const { return writer_.bytes(); }
  /// Series in the file, also those that are gone.
  [[nodiscard]] size_t series() const { return series_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  static constexpr const char* kFileName = "series.log";

 private:
  const std::string path_;
  RecordWriter writer_;
  Labels before_;  // of the last series in the file or in pending_
  std::string pending_;
  size_t series_ = 0;
};

}  // namespace tidemark::storage
