#pragma once

#include <chrono>
#include <cstddef>

#include "common/http/lane.h"

namespace tidemark::http {

/// What one client, and all of them together, may take from the server.
struct Limits {
  size_t head_bytes = size_t{32} * 1024;           ///< request line and headers; more gives 431
  size_t request_line_bytes = 8000;                ///< more gives 414
  size_t header_count = 100;                       ///< more gives 431
  size_t body_bytes = size_t{4} * 1024 * 1024;     ///< counted while it is read, chunked or not; more gives 413
  size_t connections = 512;                        ///< past it the connection that has waited longest makes room
  size_t event_streams = 64;                       ///< of those, at most so many listening for events
  size_t queued_requests = 128;                    ///< complete ones of a lane waiting for a thread; more gives 503
  size_t unread_event_bytes = size_t{256} * 1024;  ///< an event-stream client this far behind is closed
  LaneThreads workers{4};                          ///< handlers that run at once; the server has one thread more
  std::chrono::milliseconds head_time{10'000};     ///< from the first byte to the end of the headers
  std::chrono::milliseconds body_time{30'000};     ///< from the end of the headers to the end of the body
  std::chrono::milliseconds idle_time{300'000};    ///< between requests; longer than scrape intervals are
  std::chrono::milliseconds write_time{30'000};    ///< without any byte of the answer taken by the client
};

}  // namespace tidemark::http
