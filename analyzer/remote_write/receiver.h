#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "analyzer/storage/storage.h"

namespace tidemark::remote_write {

/// What became of a request, for the answer and the metrics.
struct Outcome {
  int status = 204;     ///< 204: all stored and on disk; 400: do not send it again; 503: send it again
  std::string message;  ///< of 400 and 503
  size_t samples = 0;   ///< stored
};

/// Most bytes of a request after decompression.
inline constexpr size_t kMaxRequestBytes = size_t{32} << 20;

/// Stores the samples of a remote write 1.0 body (snappy block format around protobuf). Unlike Prometheus, which takes
/// back a whole request when one of its samples is out of order, the others stay: a request that comes again after a
/// crash in its midst must not lose its rest. Any thread.
Outcome Receive(std::string_view body, storage::Appendable& storage);

}  // namespace tidemark::remote_write
