#include "analyzer/promql/ordered_pipeline.h"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <vector>

using tidemark::promql::OrderedPipeline;

namespace {

/// Runs `compute` for each index and gives back what was consumed, in that order.
template <typename Compute>
std::vector<size_t> Run(size_t count, bool with_helper, Compute compute) {
  std::vector<size_t> consumed;
  const auto consume = [&](size_t& slot) { consumed.push_back(slot); };
  OrderedPipeline<size_t, Compute, decltype(consume)>(count, compute, consume).Run(with_helper);
  return consumed;
}

std::vector<size_t> Squares(size_t count) {
  std::vector<size_t> squares;
  for (size_t i = 0; i < count; ++i) squares.push_back(i * i);
  return squares;
}

}  // namespace

TEST_CASE("a pipeline consumes in order, with a helper and without") {
  for (const bool with_helper : {false, true}) {
    for (const size_t count : std::vector<size_t>{0, 1, 2, 31, 32, 33, 1000, 20000}) {
      CAPTURE(count);
      CHECK(Run(count, with_helper, [](size_t index, size_t& slot) { slot = index * index; }) == Squares(count));
    }
  }
}

TEST_CASE("slow items and a slow consumer keep the order") {
  const auto uneven = [](size_t index, size_t& slot) {
    if (index % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    slot = index * index;
  };
  CHECK(Run(300, true, uneven) == Squares(300));
  std::vector<size_t> consumed;
  const auto compute = [](size_t index, size_t& slot) { slot = index * index; };
  const auto consume = [&](size_t& slot) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    consumed.push_back(slot);
  };
  OrderedPipeline<size_t, decltype(compute), decltype(consume)>(300, compute, consume).Run(true);
  CHECK(consumed == Squares(300));
}

TEST_CASE("the first error ends a pipeline") {
  for (const bool with_helper : {false, true}) {
    const auto fails = [](size_t index, size_t& slot) {
      if (index == 500) throw std::runtime_error("compute");
      slot = index;
    };
    CHECK_THROWS_WITH((void)Run(1000, with_helper, fails), "compute");
    size_t consumed = 0;
    const auto compute = [](size_t index, size_t& slot) { slot = index; };
    const auto consume = [&](size_t& slot) {
      if (slot == 300) throw std::runtime_error("consume");
      ++consumed;
    };
    using Pipeline = OrderedPipeline<size_t, decltype(compute), decltype(consume)>;
    CHECK_THROWS_WITH(Pipeline(1000, compute, consume).Run(with_helper), "consume");
    CHECK(consumed == 300);
  }
}
