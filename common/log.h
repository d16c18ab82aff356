#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace tidemark {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

/// Parses "debug", "info", "warn", "error". \throw std::invalid_argument naming the allowed words.
LogLevel ParseLogLevel(std::string_view text);
/// Parses "logfmt", "json". \throw std::invalid_argument naming the allowed words.
LogFormat ParseLogFormat(std::string_view text);

struct LogField {
  std::string_view key;
  std::string value;
};

/// Structured log lines on standard error: `ts=… level=… msg="…" key=value …`, or the same as one JSON object.
/// Every call may be made from any thread.
class Logger {
 public:
  Logger(LogLevel level, LogFormat format);

  /// Whether lines of this level are written, for those that it costs something to put together.
  [[nodiscard]] bool Writes(LogLevel level) const { return level >= level_; }

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) const;

 private:
  void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const;

  LogLevel level_;
  LogFormat format_;
  std::shared_ptr<spdlog::logger> sink_;
};

}  // namespace tidemark
