#include "analyzer/state/baseline_store.h"

#include <nlohmann/json.hpp>

namespace tidemark::state {

BaselineStore::Outcome BaselineStore::Create(const Baseline& baseline) {
  Outcome outcome = Outcome::kDone;
  database_.Transact([&](sqlite3* handle) {
    Statement find(handle, "SELECT (SELECT count(*) FROM baselines), (SELECT count(*) FROM baselines WHERE name = ?)");
    find.Bind(1, baseline.name).Step();
    if (find.Integer(1) > 0) {
      outcome = Outcome::kTaken;
    } else if (find.Integer(0) >= static_cast<int64_t>(kMaxBaselines)) {
      outcome = Outcome::kFull;
    } else {
      Statement insert(handle, "INSERT INTO baselines (name, from_ms, to_ms, created_ms, data) VALUES (?, ?, ?, ?, ?)");
      insert.Bind(1, baseline.name).Bind(2, baseline.from_ms).Bind(3, baseline.to_ms).Bind(4, baseline.created_ms);
      insert.Bind(5, nlohmann::json(baseline.values).dump()).Run();
    }
  });
  return outcome;
}

bool BaselineStore::Delete(const std::string& name) {
  bool found = false;
  database_.Transact([&](sqlite3* handle) {
    Statement remove(handle, "DELETE FROM baselines WHERE name = ? RETURNING name");
    remove.Bind(1, name);
    found = remove.Step();
    while (found && remove.Step()) {
    }
  });
  return found;
}

std::optional<Baseline> BaselineStore::Get(const std::string& name) const {
  std::optional<Baseline> found;
  database_.Transact([&](sqlite3* handle) {
    Statement row(handle, "SELECT from_ms, to_ms, created_ms, data FROM baselines WHERE name = ?");
    row.Bind(1, name);
    if (!row.Step()) return;
    found = Baseline{name, row.Integer(0), row.Integer(1), row.Integer(2), {}};
    found->values = nlohmann::json::parse(row.Text(3)).get<decltype(Baseline::values)>();
  });
  return found;
}

std::vector<Baseline> BaselineStore::List() const {
  std::vector<Baseline> list;
  database_.Transact([&](sqlite3* handle) {
    Statement rows(handle, "SELECT name, from_ms, to_ms, created_ms FROM baselines ORDER BY name");
    while (rows.Step()) list.push_back({rows.Text(0), rows.Integer(1), rows.Integer(2), rows.Integer(3), {}});
  });
  return list;
}

}  // namespace tidemark::state
