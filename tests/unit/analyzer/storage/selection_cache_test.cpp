#include "analyzer/storage/selection_cache.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace tidemark::storage;

namespace {

std::shared_ptr<const SeriesList> ListOf(size_t series) {
  auto list = std::make_shared<SeriesList>();
  for (size_t i = 0; i < series; ++i) {
    list->ids.push_back(static_cast<uint32_t>(i));
    list->labels.push_back(Labels{{"__name__", "up"}, {"instance", "a host of a long name " + std::to_string(i)}});
  }
  return list;
}

}  // namespace

TEST_CASE("a selection is remembered for one version of the table") {
  SelectionCache cache(1 << 20);
  const auto list = ListOf(3);
  cache.Put("a", 1, list);
  CHECK(cache.Find("a", 1) == list);
  CHECK(cache.Find("b", 1) == nullptr);
  CHECK(cache.bytes() > 3 * 2 * sizeof(Labels::Pair));
  CHECK(cache.Find("a", 2) == nullptr);
  CHECK(cache.bytes() == 0);
  CHECK(cache.Find("a", 1) == nullptr);
}

TEST_CASE("remembered selections keep within their bound, and those asked for last stay") {
  SelectionCache probe(1 << 20);
  probe.Put("a", 1, ListOf(10));
  const size_t one = probe.bytes();
  SelectionCache cache(3 * one);
  for (const char* key : {"a", "b", "c"}) cache.Put(key, 1, ListOf(10));
  CHECK(cache.bytes() == 3 * one);
  REQUIRE(cache.Find("a", 1) != nullptr);
  cache.Put("d", 1, ListOf(10));
  CHECK(cache.bytes() == 3 * one);
  CHECK(cache.Find("b", 1) == nullptr);
  for (const char* key : {"a", "c", "d"}) CHECK(cache.Find(key, 1) != nullptr);
  cache.Put("a", 2, ListOf(5));
  CHECK(cache.bytes() < 3 * one);
  CHECK(cache.Find("a", 2) != nullptr);

  cache.Put("more than all", 1, ListOf(40));
  CHECK(cache.Find("more than all", 1) == nullptr);
  CHECK(cache.Find("d", 1) != nullptr);

  // A key counts too: a client can ask with a very long one.
  cache.Put(std::string(4 * one, 'k'), 1, ListOf(1));
  CHECK(cache.bytes() <= 3 * one);
}
