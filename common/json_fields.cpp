#include "common/json_fields.h"

#include <cmath>

#include "common/duration.h"
#include "common/exposition/parser.h"
#include "common/number_format.h"
#include "common/timestamp.h"

namespace tidemark {

using nlohmann::json;

std::string EscapePointer(std::string_view key) {
  std::string escaped;
  for (const char c : key) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return escaped;
}

JsonFields::JsonFields(const json& object, std::string pointer, std::vector<http::FieldError>& errors)
    : object_(object.is_object() ? &object : nullptr), pointer_(std::move(pointer)), errors_(errors) {
  if (object_ == nullptr) Fail("", "must be a JSON object");
}

void JsonFields::Fail(const std::string& field, std::string detail) {
  errors_.push_back({pointer_ + (field.empty() ? "" : "/" + EscapePointer(field)), std::move(detail)});
}

bool JsonFields::Has(const std::string& field) const { return object_ != nullptr && object_->contains(field); }

const json* JsonFields::Find(const std::string& field) {
  known_.insert(field);
  if (object_ == nullptr) return nullptr;
  const auto it = object_->find(field);
  if (it == object_->end()) return nullptr;
  if (!it->is_null()) return &*it;
  // Once, however often it is asked for.
  if (nulls_.insert(field).second) Fail(field, "must not be null; leave it out instead");
  return nullptr;
}

const std::string* JsonFields::Text(const std::string& field, size_t max_bytes) {
  const json* value = Find(field);
  if (value == nullptr) return nullptr;
  if (!value->is_string()) {
    Fail(field, "must be a text");
    return nullptr;
  }
  const auto* text = value->get_ptr<const std::string*>();
  if (text->size() > max_bytes) {
    Fail(field, "is longer than " + std::to_string(max_bytes) + " bytes");
    return nullptr;
  }
  return text;
}

const std::string* JsonFields::RequireText(const std::string& field, size_t max_bytes) {
  if (object_ != nullptr && !Has(field)) Fail(field, "is required");
  return Text(field, max_bytes);
}

std::optional<double> JsonFields::Number(const std::string& field) {
  const json* value = Find(field);
  return value == nullptr ? std::nullopt : ReadNumber(*value, pointer_ + "/" + field, errors_);
}

std::optional<bool> JsonFields::Bool(const std::string& field) {
  const json* value = Find(field);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  Fail(field, "must be true or false");
  return std::nullopt;
}

std::optional<int64_t> JsonFields::DurationMs(const std::string& field) {
  const json* value = Find(field);
  return value == nullptr ? std::nullopt : ReadDurationMs(*value, pointer_ + "/" + field, errors_);
}

std::optional<int64_t> JsonFields::TimeMs(const std::string& field) {
  const json* value = Find(field);
  if (value == nullptr) return std::nullopt;
  const std::string text = value->is_string() ? value->get<std::string>() : value->is_number() ? value->dump() : "";
  const std::optional<int64_t> time_ms = ParseTimestampMs(text);
  if (!time_ms) {
    Fail(field, "must be Unix seconds or RFC 3339");
    return std::nullopt;
  }
  constexpr int64_t kYear1Ms = -62'135'596'800'000;
  constexpr int64_t kYear10000Ms = 253'402'300'800'000;
  if (*time_ms >= kYear1Ms && *time_ms < kYear10000Ms) return time_ms;
  Fail(field, "must lie in the years 1 to 9999");
  return std::nullopt;
}

std::map<std::string, std::string> JsonFields::Texts(const std::string& field) {
  std::map<std::string, std::string> texts;
  const json* value = Find(field);
  if (value == nullptr) return texts;
  if (!value->is_object() || value->size() > kMaxEntries) {
    Fail(field, "must be an object with at most " + std::to_string(kMaxEntries) + " texts");
    return texts;
  }
  for (const auto& [key, text] : value->items()) {
    const std::string pointer = pointer_ + "/" + field + "/" + EscapePointer(key);
    if (!exposition::IsValidLabelName(key)) {
      errors_.push_back({pointer, "is not a valid name: letters, digits and \"_\", not starting with a digit"});
    } else if (!text.is_string() || text.get_ref<const std::string&>().size() > kMaxTextBytes) {
      errors_.push_back({pointer, "must be a text of at most " + std::to_string(kMaxTextBytes) + " bytes"});
    } else {
      texts[key] = text.get<std::string>();
    }
  }
  return texts;
}

void JsonFields::Finish() {
  if (object_ == nullptr) return;
  for (const auto& [key, value] : object_->items()) {
    if (known_.contains(key)) continue;
    std::string known;
    for (const std::string& name : known_) known += (known.empty() ? "" : ", ") + name;
    Fail(key, "unknown field (known here: " + known + ")");
  }
}

std::optional<double> ReadNumber(const json& value, const std::string& pointer, std::vector<http::FieldError>& errors) {
  if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
  errors.push_back({pointer, "must be a number"});
  return std::nullopt;
}

std::optional<int64_t> ReadDurationMs(const json& value, const std::string& pointer,
                                      std::vector<http::FieldError>& errors) {
  const std::optional<int64_t> duration_ms =
      value.is_string() ? ParseDurationMs(value.get_ref<const std::string&>()) : std::nullopt;
  if (!duration_ms) errors.push_back({pointer, "must be a duration such as 30s, 5m or 1h30m"});
  return duration_ms;
}

}  // namespace tidemark
