#include "analyzer/templating/value.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "common/number_format.h"

namespace tidemark::templating {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

/// "2026-11-23 23:51:22.28 +0000 UTC", as Go's time.Time.String.
std::string PrintTime(int64_t timestamp_ms) {
  const int64_t milliseconds = ((timestamp_ms % 1000) + 1000) % 1000;
  const std::time_t seconds = (timestamp_ms - milliseconds) / 1000;
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02d %02d:%02d:%02d", time.tm_year + 1900, time.tm_mon + 1,
                time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec);
  std::string text = buffer.data();
  if (milliseconds != 0) {
    std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(milliseconds));
    text += buffer.data();
    while (text.back() == '0') text.pop_back();
  }
  return text + " +0000 UTC";
}

std::string PrintMap(const Value::Map& map) {
  const bool is_struct = map.kind == Value::MapKind::kStruct;
  std::string text = is_struct ? "{" : "map[";
  for (const auto& [name, value] : map.fields) {
    if (text.back() != '{' && text.back() != '[') text += ' ';
    if (!is_struct) text += name + ':';
    text += value.Print();
  }
  return text + (is_struct ? '}' : ']');
}

}  // namespace

Value::Value(MapKind kind, Fields fields) {
  if (kind != MapKind::kStruct) std::ranges::sort(fields, {}, &Fields::value_type::first);
  data_ = std::make_shared<const Map>(Map{kind, std::move(fields)});
}

bool Value::IsTrue() const {
  return std::visit(Overloaded{[](std::monostate) { return false; }, [](bool value) { return value; },
                               [](int64_t value) { return value != 0; }, [](double value) { return value != 0; },
                               [](const std::string& value) { return !value.empty(); }, [](Time) { return true; },
                               [](const std::shared_ptr<const List>& list) { return !list->empty(); },
                               [](const std::shared_ptr<const Map>& map) {
                                 return map->kind == MapKind::kStruct || !map->fields.empty();
                               }},
                    data_);
}

std::string Value::Print() const {
  return std::visit(Overloaded{[](std::monostate) { return std::string("<nil>"); },
                               [](bool value) { return std::string(value ? "true" : "false"); },
                               [](int64_t value) { return std::to_string(value); },
                               [](double value) {
                                 std::string text;
                                 AppendGoFloat(text, value);
                                 return text;
                               },
                               [](const std::string& value) { return value; },
                               [](Time value) { return PrintTime(value.timestamp_ms); },
                               [](const std::shared_ptr<const List>& list) {
                                 std::string text = "[";
                                 for (const Value& item : *list) text += (text.size() > 1 ? " " : "") + item.Print();
                                 return text + "]";
                               },
                               [](const std::shared_ptr<const Map>& map) { return PrintMap(*map); }},
                    data_);
}

const char* Value::TypeName() const {
  return std::visit(
      Overloaded{[](std::monostate) { return "<nil>"; }, [](bool) { return "bool"; }, [](int64_t) { return "int"; },
                 [](double) { return "float64"; }, [](const std::string&) { return "string"; },
                 [](Time) { return "*time.Time"; }, [](const std::shared_ptr<const List>&) { return "list"; },
                 [](const std::shared_ptr<const Map>& map) {
                   switch (map->kind) {
                     case MapKind::kText:
                       return "map[string]string";
                     case MapKind::kAny:
                       return "map[string]interface {}";
                     case MapKind::kStruct:
                       break;
                   }
                   return "struct";
                 }},
      data_);
}

Value Value::Field(const std::string& name) const {
  const Map* map = AsMap();
  if (map == nullptr) throw TemplateError("can't evaluate field " + name + " in type " + TypeName());
  const auto field = std::ranges::find(map->fields, name, &Fields::value_type::first);
  if (field != map->fields.end()) return field->second;
  switch (map->kind) {
    case MapKind::kText:
      return "";
    case MapKind::kAny:
      return {};
    case MapKind::kStruct:
      break;
  }
  throw TemplateError("can't evaluate field " + name + " in type struct");
}

}  // namespace tidemark::templating
