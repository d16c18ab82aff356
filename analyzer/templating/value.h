#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tidemark::templating {

/// A template that cannot be parsed or evaluated. what() says where and what.
class TemplateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Value;
using List = std::vector<Value>;
/// Of a map by name, of a struct in their order there.
using Fields = std::vector<std::pair<std::string, Value>>;

/// What an expression of a template gives: Go's values as far as templates of rules meet them. Lists and maps are
/// shared by copies and never change.
class Value {
 public:
  /// What a name that is missing in a map means, and how the map prints.
  enum class MapKind {
    kText,    ///< map[string]string, as labels are: a missing name is an empty text
    kAny,     ///< map[string]interface{}: a missing name is nil
    kStruct,  ///< a struct: a missing name is an error
  };
  struct Map {
    MapKind kind;
    Fields fields;
  };
  /// A time in UTC, as toTime gives it.
  struct Time {
    int64_t timestamp_ms;
  };

  Value() = default;  ///< nil
  // NOLINTBEGIN(google-explicit-constructor): a value is made where its content stands
  Value(bool value) : data_(value) {}
  Value(int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(Time value) : data_(value) {}
  Value(List list) : data_(std::make_shared<const List>(std::move(list))) {}
  // NOLINTEND(google-explicit-constructor)
  Value(MapKind kind, Fields fields);

  [[nodiscard]] bool IsNil() const { return std::holds_alternative<std::monostate>(data_); }
  [[nodiscard]] const bool* AsBool() const { return std::get_if<bool>(&data_); }
  [[nodiscard]] const int64_t* AsInteger() const { return std::get_if<int64_t>(&data_); }
  [[nodiscard]] const double* AsFloat() const { return std::get_if<double>(&data_); }
  [[nodiscard]] const std::string* AsText() const { return std::get_if<std::string>(&data_); }
  [[nodiscard]] const List* AsList() const {
    const auto* list = std::get_if<std::shared_ptr<const List>>(&data_);
    return list == nullptr ? nullptr : list->get();
  }
  [[nodiscard]] const Map* AsMap() const {
    const auto* map = std::get_if<std::shared_ptr<const Map>>(&data_);
    return map == nullptr ? nullptr : map->get();
  }

  /// Whether `if` takes it: not the zero value of its type, not empty.
  [[nodiscard]] bool IsTrue() const;
  /// As Go's fmt prints it with %v.
  [[nodiscard]] std::string Print() const;
  /// "float64", "map[string]string", as messages name types.
  [[nodiscard]] const char* TypeName() const;
  /// A field of a map or struct. \throw TemplateError
  [[nodiscard]] Value Field(const std::string& name) const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Time, std::shared_ptr<const List>,
               std::shared_ptr<const Map>>
      data_;
};

}  // namespace tidemark::templating
