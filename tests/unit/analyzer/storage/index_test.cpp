#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "analyzer/storage/id_table.h"
#include "analyzer/storage/label_order.h"
#include "analyzer/storage/posting_list.h"
#include "analyzer/storage/series_table.h"

using namespace tidemark::storage;

TEST_CASE("a table of ids does what a map does") {
  std::mt19937_64 random(1);
  IdTable table;
  std::map<uint32_t, uint64_t> model;  // id -> hash; few hashes, so that they collide
  for (int i = 0; i < 20'000; ++i) {
    const auto id = static_cast<uint32_t>(random() % 500);
    const auto known = model.find(id);
    if (known == model.end()) {
      const uint64_t hash = random() % 40;
      table.Insert(hash, id);
      model.emplace(id, hash);
    } else if (random() % 2 == 0) {
      table.Erase(known->second, id);
      model.erase(known);
    }
    const auto probe = static_cast<uint32_t>(random() % 500);
    const auto expected = model.find(probe);
    const uint64_t hash = expected == model.end() ? random() % 40 : expected->second;
    const uint32_t found = table.Find(hash, [&](uint32_t candidate) { return candidate == probe; });
    CHECK(found == (expected == model.end() ? IdTable::kNone : probe));
  }
}

TEST_CASE("posting lists stay sorted and intersect as sets do") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 300; ++round) {
    std::array<PostingList, 2> lists;
    std::array<std::set<uint32_t>, 2> sets;
    for (size_t which = 0; which < 2; ++which) {
      const auto count = random() % (which == 0 ? 20 : 400);
      for (size_t i = 0; i < count; ++i) {
        const auto id = static_cast<uint32_t>(random() % 500);
        if (sets[which].insert(id).second) lists[which].Add(id);
        const auto gone = static_cast<uint32_t>(random() % 500);
        if (sets[which].erase(gone) > 0) lists[which].Remove({&gone, 1});
      }
      std::set<uint32_t> gone;
      for (size_t i = random() % 60; i > 0; --i) gone.insert(static_cast<uint32_t>(random() % 500));
      lists[which].Remove(std::vector<uint32_t>(gone.begin(), gone.end()));
      for (const uint32_t id : gone) sets[which].erase(id);
      CHECK(std::ranges::equal(lists[which].ids(), sets[which]));
    }
    std::vector<uint32_t> expected;
    std::ranges::set_intersection(sets[0], sets[1], std::back_inserter(expected));
    CHECK(Intersect(lists[0].ids(), lists[1].ids()) == expected);
  }
}

TEST_CASE("a selection finds what asking each series would find") {
  std::mt19937_64 random(3);
  SeriesTable table;
  std::map<uint32_t, Labels> model;
  const auto text = [&](const char* prefix, uint64_t count) { return prefix + std::to_string(random() % count); };
  for (int i = 0; i < 3000; ++i) {
    const Labels labels{{"__name__", text("m", 20)},
                        {"job", text("j", 3)},
                        {"x", random() % 3 == 0 ? "" : text("", 40)},
                        {"id", std::to_string(i)}};
    CHECK(table.Find(labels) == nullptr);
    const HeadSeries& series = table.Create(labels);
    CHECK(table.Find(labels) == &series);
    CHECK(table.LabelsOf(series) == labels);
    model.emplace(series.id, labels);
    if (random() % 4 == 0) {
      const auto gone = std::next(model.begin(), static_cast<ptrdiff_t>(random() % model.size()));
      HeadSeries* const removed = table.Find(uint64_t{gone->first});
      table.Remove({&removed, 1});
      CHECK(table.Find(gone->second) == nullptr);
      model.erase(gone);
    }
  }
  CHECK(table.size() == model.size());
  using Type = Matcher::Type;
  const std::vector<std::vector<Matcher>> selections = {
      {},
      {Matcher(Type::kEqual, "job", "j1")},
      {Matcher(Type::kEqual, "job", "j1"), Matcher(Type::kEqual, "__name__", "m7")},
      {Matcher(Type::kEqual, "job", "j1"), Matcher(Type::kRegex, "__name__", "m1.*"),
       Matcher(Type::kNotEqual, "x", "3")},
      {Matcher(Type::kRegex, "__name__", "m1|m2|m2|nothing")},
      {Matcher(Type::kRegex, "x", "1.?|2+")},
      {Matcher(Type::kRegex, "x", ".*")},
      {Matcher(Type::kRegex, "x", ".+")},
      {Matcher(Type::kRegex, "x", "|3")},
      {Matcher(Type::kNotRegex, "x", ".+")},
      {Matcher(Type::kEqual, "x", "")},
      {Matcher(Type::kNotEqual, "x", "")},
      {Matcher(Type::kEqual, "nothing", "x")},
      {Matcher(Type::kNotEqual, "nothing", "x")},
      {Matcher(Type::kRegex, "__name__", "m1*")},
      {Matcher(Type::kRegex, "__name__", "(?i)M1")},
  };
  for (const std::vector<Matcher>& matchers : selections) {
    std::vector<uint32_t> expected;
    for (const auto& entry : model) {
      const Labels& labels = entry.second;
      if (std::ranges::all_of(matchers, [&](const Matcher& m) { return m.Matches(labels.Get(m.name())); }))
        expected.push_back(entry.first);
    }
    CHECK(table.Select(matchers) == expected);
  }
  std::vector<HeadSeries*> all;
  for (const auto& entry : model) all.push_back(table.Find(uint64_t{entry.first}));
  table.Remove(all);
  CHECK(table.size() == 0);
  CHECK(table.text_bytes() == 0);
  CHECK(table.Select({}).empty());
}

TEST_CASE("label sets are ordered by their symbols as by their texts") {
  std::mt19937_64 random(3);
  const std::vector<std::string> names{"A", "__name__", "a", "instance", "z"};
  const std::vector<std::string> values{
      "a",        "b",        std::string("a\0", 2), "host-1:9100", "host-10:9100", "host-2:9100", "host-10:91000",
      "\xC3\xA9", "12345678", "123456789",           "1234567"};
  for (int round = 0; round < 300; ++round) {
    SymbolTable symbols;
    std::set<Labels> sets;
    for (size_t i = random() % 60; i > 0; --i) {
      std::vector<Labels::Pair> pairs;
      for (const std::string& name : names) {
        if (random() % 3 != 0) pairs.emplace_back(name, values[random() % (round % 2 == 0 ? values.size() : 2)]);
      }
      sets.insert(Labels(std::move(pairs)));
    }
    std::vector<Labels> shuffled(sets.begin(), sets.end());
    std::ranges::shuffle(shuffled, random);
    std::vector<std::vector<SymbolPair>> pairs;
    for (const Labels& labels : shuffled) {
      auto& of_set = pairs.emplace_back();
      for (const auto& [name, value] : labels) of_set.push_back({symbols.Intern(name), symbols.Intern(value)});
    }
    std::vector<SymbolizedLabels> symbolized;
    for (size_t i = 0; i < shuffled.size(); ++i) symbolized.push_back({&shuffled[i], pairs[i]});
    std::vector<Labels> ordered;
    for (const uint32_t place : OrderByLabels(symbolized)) ordered.push_back(shuffled[place]);
    CHECK(std::ranges::equal(ordered, sets));
  }
}
