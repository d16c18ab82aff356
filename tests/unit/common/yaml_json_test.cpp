#include "common/yaml_json.h"

#include <doctest/doctest.h>

using namespace tidemark;
using nlohmann::json;

namespace {

json Read(const std::string& yaml) { return config::YamlToJson(config::ParseYaml("test", yaml)); }

}  // namespace

TEST_CASE("plain scalars are what they look like, quoted ones are texts") {
  CHECK(Read("[5, -0.5, 1e300, true, ~, null, x, '5', \"true\"]").dump() ==
        R"([5,-0.5,1e+300,true,null,null,"x","5","true"])");
}

TEST_CASE("whole numbers are integers, as in JSON") {
  CHECK(Read("2030").is_number_integer());
  CHECK(Read("5.0").is_number_integer());
  CHECK(Read("9007199254740993").is_number_float());
  CHECK(Read(".5").is_number_float());
}

TEST_CASE("what goes out reads back") {
  const json values = {{"numbers", {5, 0.5, 1e300, -1}},
                       {"others", {true, false, nullptr, json::array(), json::object()}},
                       {"like others", {"true", "null", "~", "", "5", "1e3", "+Inf"}},
                       {"marks", {"- a", "a: b", "a #b", "---", "%a", "\"\\", " a ", "@", "`", "a:"}},
                       {"breaks", {"a\nb\n", "\ta\t", "\r", "a\r\nb", "\xC2\x85", "\xE2\x80\xA8"}},
                       {"controls", {std::string("\0", 1), "\x01\x1C\x7F", "\xC2\x80\xC2\x9F"}},
                       {"noncharacters", {"a\xEF\xBF\xBE", "\xEF\xB7\x90: ", "\xF0\x9F\xBF\xBF\n"}},
                       {"others of Unicode", {"\xEF\xBB\xBF", "\xC3\xA9", "\xF0\x9F\x8C\x8A"}},
                       {"5", "a key like a number"},
                       {std::string(1025, 'k'), "a long key"},
                       {std::string(200, '\x01'), {{"deep", json::array({1, {{"er", nullptr}}})}}}};
  for (const auto& entry : values.items()) {
    CAPTURE(entry.key());
    const json one = {{entry.key(), entry.value()}};
    CHECK(Read(config::JsonToYaml(one)) == one);
  }
}

TEST_CASE("texts are plain where they can be") {
  CHECK(config::JsonToYaml({{"expr", "rate(x[5m]) > 5"}, {"text", "a\nb"}}) ==
        "expr: rate(x[5m]) > 5\ntext: \"a\\nb\"\n");
}
