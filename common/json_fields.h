#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/problem.h"

namespace tidemark {

/// A key as part of a JSON Pointer (RFC 6901, section 3).
std::string EscapePointer(std::string_view key);

/// Reads the fields of a JSON object that came from outside: everything that is wrong is gathered, with a pointer to
/// the field. Null is no value of any field.
class JsonFields {
 public:
  /// `pointer` leads to `object`, which outlives this; what is not an object is an error, and then has no fields.
  JsonFields(const nlohmann::json& object, std::string pointer, std::vector<http::FieldError>& errors);

  [[nodiscard]] bool Has(const std::string& field) const;
  const nlohmann::json* Find(const std::string& field);
  /// Texts have at most `max_bytes`.
  const std::string* Text(const std::string& field, size_t max_bytes = kMaxTextBytes);
  const std::string* RequireText(const std::string& field, size_t max_bytes = kMaxTextBytes);
  std::optional<double> Number(const std::string& field);
  std::optional<bool> Bool(const std::string& field);
  /// A Prometheus duration such as "5m".
  std::optional<int64_t> DurationMs(const std::string& field);
  /// Unix seconds, as a number or a text, or RFC 3339; of the years 1 to 9999, which that can write.
  std::optional<int64_t> TimeMs(const std::string& field);
  /// An object of texts, each of at most kMaxTextBytes, with at most kMaxEntries, by valid label names.
  std::map<std::string, std::string> Texts(const std::string& field);

  /// `field` is empty for the object itself.
  void Fail(const std::string& field, std::string detail);
  /// Complains about fields that nobody asked for. Call it last.
  void Finish();

  static constexpr size_t kMaxTextBytes = 4096;
  static constexpr size_t kMaxEntries = 64;

 private:
  const nlohmann::json* object_;  ///< null: it was none
  const std::string pointer_;
  std::vector<http::FieldError>& errors_;
  std::set<std::string> known_;
  std::set<std::string> nulls_;
};

/// A number that is not infinite, or an error at `pointer`.
std::optional<double> ReadNumber(const nlohmann::json& value, const std::string& pointer,
                                 std::vector<http::FieldError>& errors);
/// A duration of a JSON value, or an error at `pointer`.
std::optional<int64_t> ReadDurationMs(const nlohmann::json& value, const std::string& pointer,
                                      std::vector<http::FieldError>& errors);

}  // namespace tidemark
