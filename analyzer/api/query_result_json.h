#pragma once

#include <cstddef>
#include <string>

#include "analyzer/promql/engine.h"

namespace tidemark::api {

/// The answer to a query as JSON, with numbers and times as Prometheus writes them:
/// {"status":"success","data":{"resultType":…,"result":[…]}}. It is written piece by piece, since it may be much larger
/// than the result is.
class QueryResultJson {
 public:
  /// `more_data`: members of "data" after the result, each with a comma before it.
  explicit QueryResultJson(promql::QueryResult result, std::string more_data = "");

  /// Appends the next piece, of some http::kBodyPieceBytes. False: that was the last.
  bool Append(std::string& out);

 private:
  void AppendBegin(std::string& out) const;
  bool AppendSeries(std::string& out);
  template <typename SampleAt>
  bool AppendValues(const storage::Labels& labels, size_t count, const SampleAt& sample_at, std::string& out);
  [[nodiscard]] bool HasSeries() const;
  [[nodiscard]] size_t BytesLeft() const;

  promql::QueryResult result_;
  const std::string more_data_;
  size_t piece_end_ = 0;  // in what Append appends to
  bool has_begun_ = false;
  size_t next_series_ = 0;  // of the vector or the ranges: one of them is empty
  size_t next_sample_ = 0;  // its step, or its place in the range
  bool has_value_ = false;  // before that
};

}  // namespace tidemark::api
