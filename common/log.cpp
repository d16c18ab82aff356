#include "common/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <stdexcept>

#include "common/clock.h"
#include "common/timestamp.h"
#include "common/utf8.h"

namespace tidemark {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
  }
  return false;
}

void AppendLogfmtValue(std::string& line, std::string_view value) {
  if (NeedsQuotes(value)) {
    AppendJsonString(line, value);
  } else {
    line += value;
  }
}

}  // namespace

LogLevel ParseLogLevel(std::string_view text) {
  for (int i = 0; i < 4; ++i) {
    if (text == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  throw std::invalid_argument("log level must be one of debug, info, warn, error");
}

LogFormat ParseLogFormat(std::string_view text) {
  if (text == "logfmt") return LogFormat::kLogfmt;
  if (text == "json") return LogFormat::kJson;
  throw std::invalid_argument("log format must be one of logfmt, json");
}

Logger::Logger(LogLevel level, LogFormat format) : level_(level), format_(format) {
  sink_ = std::make_shared<spdlog::logger>("tidemark", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  sink_->set_level(spdlog::level::trace);
  sink_->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
}

void Logger::Debug(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kDebug, message, fields);
}
void Logger::Info(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kInfo, message, fields);
}
void Logger::Warn(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kWarn, message, fields);
}
void Logger::Error(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kError, message, fields);
}

void Logger::Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if (level < level_) return;
  const std::string_view level_name = kLevelNames[static_cast<int>(level)];
  std::string line;
  if (format_ == LogFormat::kJson) {
    line = "{\"ts\":\"" + FormatRfc3339(SystemClock().NowMs()) + "\",\"level\":\"";
    line += level_name;
    line += "\",\"msg\":";
    AppendJsonString(line, message);
    for (const LogField& field : fields) {
      line += ',';
      AppendJsonString(line, field.key);
      line += ':';
      AppendJsonString(line, field.value);
    }
    line += '}';
  } else {
    line = "ts=" + FormatRfc3339(SystemClock().NowMs()) + " level=";
    line += level_name;
    line += " msg=";
    AppendLogfmtValue(line, message);
    for (const LogField& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      AppendLogfmtValue(line, field.value);
    }
  }
  sink_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace tidemark
