#include "analyzer/notify/silences.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "analyzer/config/label_matcher.h"
#include "common/json_fields.h"
#include "common/timestamp.h"

namespace tidemark::notify {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using Type = storage::Matcher::Type;

constexpr size_t kMaxMatchers = 64;

/// A random UUID (RFC 9562, version 4).
std::string NewId() {
  std::random_device random;
  std::array<uint32_t, 4> words{};
  for (uint32_t& word : words) word = random();
  words[1] = (words[1] & 0xffff0fffU) | 0x4000U;
  words[2] = (words[2] & 0x3fffffffU) | 0x80000000U;
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%04x%08x", words[0], words[1] >> 16, words[1] & 0xffffU,
                words[2] >> 16, words[2] & 0xffffU, words[3]);
  return text.data();
}

/// \throw std::invalid_argument
storage::Matcher ReadMatcher(const json& value, const std::string& pointer, std::vector<http::FieldError>& errors) {
  if (value.is_string()) return config::ParseLabelMatcher(value.get_ref<const std::string&>());
  JsonFields fields(value, pointer, errors);
  const std::string* name = fields.RequireText("name");
  const std::string* text = fields.RequireText("value");
  const bool is_regex = fields.Bool("isRegex").value_or(false);
  const bool is_equal = fields.Bool("isEqual").value_or(true);
  fields.Finish();
  if (name == nullptr || text == nullptr) return {Type::kEqual, "", ""};
  const Type type =
      is_regex ? (is_equal ? Type::kRegex : Type::kNotRegex) : (is_equal ? Type::kEqual : Type::kNotEqual);
  return {type, *name, *text};
}

void ReadMatchers(JsonFields& fields, ParsedSilence& out) {
  const json* list = fields.Find("matchers");
  if (list == nullptr || !list->is_array() || list->empty() || list->size() > kMaxMatchers) {
    fields.Fail("matchers", "must be a list of 1 to 64 matchers such as \"severity=\\\"warning\\\"\"");
    return;
  }
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string pointer = "/matchers/" + std::to_string(i);
    try {
      out.silence.matchers.push_back(ReadMatcher((*list)[i], pointer, out.errors));
    } catch (const std::invalid_argument& error) {
      out.errors.push_back({pointer, error.what()});
    }
  }
  const bool fits_all = std::ranges::all_of(out.silence.matchers, &storage::Matcher::MatchesEmpty);
  if (out.errors.empty() && fits_all) fields.Fail("matchers", "must have one that does not fit everything");
}

}  // namespace

bool Silence::IsActiveAt(int64_t time_ms) const {
  return starts_ms <= time_ms && time_ms < ends_ms &&
         (active_during.entries.empty() || active_during.Contains(time_ms));
}

const char* Silence::StatusAt(int64_t time_ms) const {
  if (time_ms >= ends_ms) return "expired";
  if (time_ms < starts_ms) return "pending";
  return IsActiveAt(time_ms) ? "active" : "waiting";
}

ParsedSilence ParseSilence(const json& body, int64_t now_ms) {
  ParsedSilence out;
  JsonFields fields(body, "", out.errors);
  if (!body.is_object()) return out;
  Silence& silence = out.silence;
  if (const std::string* id = fields.Text("id")) silence.id = *id;
  ReadMatchers(fields, out);
  const bool has_start = fields.Has("startsAt");
  silence.starts_ms = fields.TimeMs("startsAt").value_or(now_ms);
  const std::optional<int64_t> end_ms = fields.TimeMs("endsAt");
  const std::optional<int64_t> duration_ms = fields.DurationMs("duration");
  if (fields.Has("endsAt") == fields.Has("duration")) {
    fields.Fail("endsAt", "one of endsAt and duration must be given");
  } else {
    silence.ends_ms = end_ms.value_or(silence.starts_ms + duration_ms.value_or(0));
    const bool is_read = end_ms.has_value() || duration_ms.has_value();
    if (is_read && silence.ends_ms <= std::max(silence.starts_ms, has_start ? now_ms : silence.starts_ms))
      fields.Fail(end_ms ? "endsAt" : "duration", "must end after its start, and after now");
  }
  if (const std::string* author = fields.Text("createdBy")) silence.created_by = *author;
  if (const std::string* comment = fields.RequireText("comment")) silence.comment = *comment;
  if (const json* intervals = fields.Find("active_during"))
    silence.active_during = ParseTimeIntervals(*intervals, "/active_during", out.errors);
  // Of one that was read, which can be sent back as it is.
  constexpr const char* kReadOnly = "is read-only: leave it out, or as it was read";
  if (const json* status = fields.Find("status"); status != nullptr && !status->is_object())
    fields.Fail("status", kReadOnly);
  if (const json* updated = fields.Find("updatedAt"); updated != nullptr && !updated->is_string())
    fields.Fail("updatedAt", kReadOnly);
  fields.Finish();
  return out;
}

ordered_json ToJson(const Silence& silence, int64_t now_ms) {
  ordered_json matchers = ordered_json::array();
  for (const storage::Matcher& matcher : silence.matchers) {
    const Type type = matcher.type();
    matchers.push_back({{"name", matcher.name()},
                        {"value", matcher.value()},
                        {"isRegex", type == Type::kRegex || type == Type::kNotRegex},
                        {"isEqual", type == Type::kEqual || type == Type::kRegex}});
  }
  ordered_json body = {{"id", silence.id},
                       {"status", {{"state", silence.StatusAt(now_ms)}}},
                       {"updatedAt", FormatRfc3339(silence.updated_ms)},
                       {"comment", silence.comment},
                       {"createdBy", silence.created_by},
                       {"startsAt", FormatRfc3339(silence.starts_ms)},
                       {"endsAt", FormatRfc3339(silence.ends_ms)},
                       {"matchers", matchers}};
  if (!silence.active_during.entries.empty()) body["active_during"] = silence.active_during.source;
  return body;
}

Silences::Silences(state::Database& database) : database_(database) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle, "SELECT body FROM silences");
    while (rows.Step()) {
      const json body = json::parse(rows.Text(0), nullptr, false);
      // As of the beginning of time: one that has ended is read too.
      ParsedSilence parsed = ParseSilence(body, 0);
      if (!parsed.errors.empty()) continue;
      if (const auto updated_ms = ParseRfc3339(body.value("updatedAt", ""))) parsed.silence.updated_ms = *updated_ms;
      silences_[parsed.silence.id] = std::move(parsed.silence);
    }
  });
}

void Silences::Write(const Silence& silence, int64_t now_ms) {
  std::vector<std::string> old;
  for (const auto& [id, one] : silences_) {
    if (one.ends_ms + kExpiredKeptMs <= now_ms && id != silence.id) old.push_back(id);
  }
  database_.Transact([&](sqlite3* handle) {
    state::Statement(handle, "INSERT OR REPLACE INTO silences (id, body) VALUES (?, ?)")
        .Bind(1, silence.id)
        .Bind(2, ToJson(silence, now_ms).dump())
        .Run();
    state::Statement remove(handle, "DELETE FROM silences WHERE id = ?");
    for (const std::string& id : old) remove.Bind(1, id).Run();
  });
  for (const std::string& id : old) silences_.erase(id);
  silences_[silence.id] = silence;
}

Silences::Outcome Silences::Put(Silence& silence, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (!silence.id.empty() && !silences_.contains(silence.id)) return Outcome::kUnknown;
  if (silence.id.empty() && silences_.size() >= kMaxSilences) return Outcome::kFull;
  if (silence.id.empty()) silence.id = NewId();
  silence.updated_ms = now_ms;
  Write(silence, now_ms);
  return Outcome::kDone;
}

Silences::Outcome Silences::Expire(const std::string& id, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const auto it = silences_.find(id);
  if (it == silences_.end()) return Outcome::kUnknown;
  if (it->second.ends_ms <= now_ms) return Outcome::kDone;
  Silence ended = it->second;
  ended.ends_ms = now_ms;
  ended.starts_ms = std::min(ended.starts_ms, now_ms - 1);
  ended.updated_ms = now_ms;
  Write(ended, now_ms);
  return Outcome::kDone;
}

std::vector<Silence> Silences::List() const {
  const std::lock_guard lock(mutex_);
  std::vector<Silence> list;
  for (const auto& [id, silence] : silences_) list.push_back(silence);
  std::ranges::stable_sort(list, std::ranges::greater(), &Silence::updated_ms);
  return list;
}

std::optional<Silence> Silences::Get(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = silences_.find(id);
  return it == silences_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<std::string> Silences::Silencing(const storage::Labels& labels, int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, silence] : silences_) {
    if (silence.IsActiveAt(now_ms) && config::MatchesAll(silence.matchers, labels)) ids.push_back(id);
  }
  return ids;
}

}  // namespace tidemark::notify
