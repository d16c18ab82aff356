#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidemark::http {

/// Which of the server's threads run a handler. Those of one lane never wait for another's: however many queries run,
/// the server answers whether it is healthy.
enum class Lane : uint8_t {
  kQuick,  ///< answers from memory
  kLong,   ///< may read much of a store, or write files
  kQuery,  ///< waits in line with others of its kind
  kWrite,  ///< takes in samples
};
inline constexpr size_t kLaneCount = 4;

/// A number of threads for each lane. What is for a lane without any goes to kQuick's.
using LaneThreads = std::array<size_t, kLaneCount>;

}  // namespace tidemark::http
