#include "common/json_fields.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace tidemark;
using nlohmann::json;

TEST_CASE("times of JSON fields are those that RFC 3339 can write") {
  const auto read = [](const json& value) {
    const json object = {{"at", value}};
    std::vector<http::FieldError> errors;
    JsonFields fields(object, "/x", errors);
    const std::optional<int64_t> time_ms = fields.TimeMs("at");
    CHECK(time_ms.has_value() == errors.empty());
    for (const http::FieldError& error : errors) CHECK(error.pointer == "/x/at");
    return time_ms;
  };
  CHECK(read(1.5) == 1500);
  CHECK(read("1.5") == 1500);
  CHECK(read("9999-12-31T23:59:59.999Z") == 253'402'300'799'999);
  CHECK(read("0001-01-01T00:00:00Z") == -62'135'596'800'000);
  for (const json& wrong :
       {json(253'402'300'800), json(-1e12), json(1e300), json("soon"), json(json::array()), json(true)})
    CHECK_FALSE(read(wrong).has_value());
}
