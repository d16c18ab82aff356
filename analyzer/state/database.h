#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace tidemark::state {

/// The database refused: disk full, file damaged. what() names the statement and the reason.
class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A prepared statement. Parameters count from 1, columns from 0. Used while the database's lock is held.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  Statement& Bind(int index, int64_t value);
  Statement& Bind(int index, double value);
  Statement& Bind(int index, std::string_view value);
  Statement& BindNull(int index);
  /// Runs to the next row; false at the end. \throw DatabaseError
  bool Step();
  /// For statements without rows: runs once and gets ready for new values.
  void Run();

  [[nodiscard]] int64_t Integer(int column) const;
  [[nodiscard]] double Real(int column) const;
  [[nodiscard]] std::string Text(int column) const;
  [[nodiscard]] bool IsNull(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// The SQLite file of what must survive: thresholds, alert state, baselines. WAL mode, synchronous FULL: what a
/// transaction wrote is on the disk when Transact returns. Any thread may call Transact; one runs at a time.
class Database {
 public:
  /// Opens or creates the file and brings its schema up to date; ":memory:" for tests. \throw DatabaseError
  explicit Database(const std::string& path);

  /// Runs `work(sqlite3*)` in one transaction; an exception rolls it back.
  template <typename F>
  void Transact(F&& work) {
    const std::lock_guard lock(mutex_);
    Execute("BEGIN IMMEDIATE");
    try {
      work(handle_.get());
      Execute("COMMIT");
    } catch (...) {
      RollBack();
      throw;
    }
  }

  /// Copies the database, as it is now, to a new file. \throw DatabaseError
  void BackUp(const std::string& path);

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  void Execute(const char* sql);
  void RollBack() noexcept;

  std::mutex mutex_;  // guards the connection
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace tidemark::state
