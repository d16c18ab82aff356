#include "analyzer/thresholds/alert_log.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "analyzer/storage/labels_json.h"
#include "common/json_values.h"

namespace tidemark::thresholds {
namespace {

using nlohmann::json;

storage::Labels LabelsFromText(const std::string& text) {
  return storage::LabelsFromJson(json::parse(text, nullptr, false));
}

std::string DetailToText(const Alert& alert) {
  json detail = {{"last_seen_ms", alert.last_seen_ms},
                 {"breached_since_ms", alert.breached_since_ms},
                 {"has_no_data", alert.has_no_data}};
  if (alert.expected) detail["expected"] = {alert.expected->low, alert.expected->high};
  return DumpJson(detail);
}

/// What is missing (of a database of before) or damaged stays as it is.
void ReadDetail(const std::string& text, Alert& alert) {
  const json detail = json::parse(text, nullptr, false);
  try {
    alert.last_seen_ms = detail.at("last_seen_ms").get<int64_t>();
    alert.breached_since_ms = detail.at("breached_since_ms").get<std::array<int64_t, kLevelCount>>();
    alert.has_no_data = detail.at("has_no_data").get<bool>();
    if (detail.contains("expected"))
      alert.expected = ExpectedRange{detail["expected"].at(0).get<double>(), detail["expected"].at(1).get<double>()};
  } catch (const json::exception&) {
    alert.last_seen_ms = alert.last_active_ms;
  }
}

}  // namespace

std::string AlertId(std::string_view threshold, const storage::Labels& labels) {
  std::string text(threshold);
  for (const auto& [name, value] : labels) text.append(1, '\0').append(name).append(1, '\0').append(value);
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016" PRIx64, uint64_t{XXH3_64bits(text.data(), text.size())});
  return digits.data();
}

std::vector<AlertLog::SavedAlert> AlertLog::Load() const {
  std::vector<SavedAlert> alerts;
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle,
                          "SELECT threshold, labels, state, level, value, active_since_ms, firing_since_ms, "
                          "level_since_ms, last_active_ms, resolved_ms, detail FROM alerts");
    while (rows.Step()) {
      const auto state = StateFromName(rows.Text(2));
      const auto level = LevelFromName(rows.Text(3));
      if (!state || !level) continue;
      SavedAlert saved{rows.Text(0),
                       {.labels = LabelsFromText(rows.Text(1)),
                        .state = *state,
                        .level = *level,
                        .value = rows.Real(4),
                        .active_since_ms = rows.Integer(5),
                        .firing_since_ms = rows.Integer(6),
                        .level_since_ms = rows.Integer(7),
                        .last_active_ms = rows.Integer(8),
                        .resolved_ms = rows.Integer(9)}};
      ReadDetail(rows.Text(10), saved.alert);
      alerts.push_back(std::move(saved));
    }
  });
  return alerts;
}

void AlertLog::Save(const std::vector<NamedTransition>& transitions, int64_t now_ms) {
  if (transitions.empty()) return;
  database_.Transact([&](sqlite3* handle) {
    state::Statement remove(handle, "DELETE FROM alerts WHERE threshold = ? AND labels = ?");
    state::Statement write(
        handle,
        "INSERT OR REPLACE INTO alerts (threshold, labels, state, level, value, active_since_ms, firing_since_ms, "
        "level_since_ms, last_active_ms, resolved_ms, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    state::Statement tell(handle,
                          "INSERT INTO alert_history (at_ms, alert, threshold, labels, change, level, value, "
                          "explanation) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [threshold, transition] : transitions) {
      const Alert& alert = transition.alert;
      const std::string labels = DumpJson(storage::LabelsJson(alert.labels));
      tell.Bind(1, now_ms).Bind(2, AlertId(threshold, alert.labels)).Bind(3, threshold).Bind(4, labels);
      tell.Bind(5, ChangeName(transition.change)).Bind(6, LevelName(alert.level)).Bind(7, alert.value);
      tell.Bind(8, Explanation(alert)).Run();
      if (transition.change == AlertChange::kCancelled) {
        remove.Bind(1, threshold).Bind(2, labels).Run();
        continue;
      }
      write.Bind(1, threshold).Bind(2, labels).Bind(3, StateName(alert.state)).Bind(4, LevelName(alert.level));
      write.Bind(5, alert.value)
          .Bind(6, alert.active_since_ms)
          .Bind(7, alert.firing_since_ms)
          .Bind(8, alert.level_since_ms)
          .Bind(9, alert.last_active_ms)
          .Bind(10, alert.resolved_ms)
          .Bind(11, DetailToText(alert))
          .Run();
    }
    // One that is over is kept for as long as it is shown: whoever was not told of its end before a kill is told after.
    state::Statement(handle, "DELETE FROM alerts WHERE state = 'resolved' AND resolved_ms <= ?")
        .Bind(1, now_ms - kResolvedKeptMs)
        .Run();
    state::Statement(handle, "DELETE FROM alert_history WHERE id <= (SELECT max(id) FROM alert_history) - ?")
        .Bind(1, kMaxEntries)
        .Run();
  });
}

std::vector<AlertHistoryEntry> AlertLog::History(const AlertHistoryFilter& filter) const {
  std::vector<AlertHistoryEntry> entries;
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(
        handle,
        "SELECT id, at_ms, alert, threshold, labels, change, level, value, explanation FROM "
        "alert_history WHERE id < ?1 AND at_ms >= ?2 AND at_ms <= ?3 AND (?4 IS NULL OR threshold = "
        "?4) AND (?5 IS NULL OR alert = ?5) AND (?6 IS NULL OR level = ?6) AND (?7 IS NULL OR change "
        "= ?7) AND (?8 IS NULL OR json_extract(labels, '$.instance') = ?8) ORDER BY id DESC LIMIT ?9");
    rows.Bind(1, filter.before_id).Bind(2, filter.from_ms).Bind(3, filter.to_ms);
    const auto bind = [&rows](int index, const std::optional<std::string>& text) {
      text ? rows.Bind(index, *text) : rows.BindNull(index);
    };
    bind(4, filter.threshold);
    bind(5, filter.alert_id);
    bind(6, filter.level ? std::optional<std::string>(LevelName(*filter.level)) : std::nullopt);
    bind(7, filter.change ? std::optional<std::string>(ChangeName(*filter.change)) : std::nullopt);
    bind(8, filter.instance);
    rows.Bind(9, static_cast<int64_t>(filter.limit));
    while (rows.Step()) {
      entries.push_back({rows.Integer(0), rows.Integer(1), rows.Text(2), rows.Text(3), LabelsFromText(rows.Text(4)),
                         ChangeFromName(rows.Text(5)).value_or(AlertChange::kPending),
                         LevelFromName(rows.Text(6)).value_or(Level::kInfo), rows.Real(7), rows.Text(8)});
    }
  });
  return entries;
}

}  // namespace tidemark::thresholds
