#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "analyzer/config/label_matcher.h"
#include "analyzer/notify/body_template.h"
#include "analyzer/notify/delivery.h"
#include "analyzer/notify/email_sender.h"
#include "analyzer/notify/inhibition.h"
#include "analyzer/notify/silences.h"

using namespace tidemark;
using namespace tidemark::notify;
using nlohmann::json;

namespace {

NotifiedAlert AlertOf(const std::string& name, bool is_firing) {
  AlertMessage message;
  message.labels = {{"alertname", name}};
  return {std::move(message), is_firing};
}

GroupState StateOf(std::vector<NotifiedAlert> alerts) {
  GroupState state;
  state.group.receiver = "r";
  state.group.group_key = "{}:{}";
  state.group.alerts = std::move(alerts);
  state.repeat_interval_ms = 1000;
  return state;
}

std::string PrintOf(const std::string& name) { return Fingerprint({{"alertname", name}}); }

/// Names with + or - of what is told.
std::string Told(const GroupState& state, const ToldGroup& told, bool send_resolved = true, int64_t now_ms = 100) {
  std::string text;
  for (const NotifiedAlert& alert : ToTell(state, told, send_resolved, now_ms).alerts)
    text += std::string(alert.message.labels.Get("alertname")) + (alert.is_firing ? "+" : "-");
  return text;
}

config::InhibitRule Rule(std::vector<std::string> source, std::vector<std::string> target,
                         std::vector<std::string> equal) {
  config::InhibitRule rule;
  for (const std::string& text : source) rule.source_matchers.push_back(config::ParseLabelMatcher(text));
  for (const std::string& text : target) rule.target_matchers.push_back(config::ParseLabelMatcher(text));
  rule.equal = std::move(equal);
  return rule;
}

}  // namespace

TEST_CASE("matchers are read as Alertmanager reads them") {
  const auto text = [](const char* matcher) { return config::ParseLabelMatcher(matcher).ToString(); };
  CHECK(text("a=b") == R"(a="b")");
  CHECK(text(" a  !~ \"x|y\" ") == R"(a!~"x|y")");
  CHECK(text(R"(a="q\"\\\n")") == R"(a="q\"\\\n")");
  CHECK(text("a=") == R"(a="")");
  for (const char* wrong : {"", "a", "=b", "1a=b", "a=\"b", "a=b\"", "a=\"b\"c\"", "a=~\"(\"", "a!b", "a=\"\\x\""}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(config::ParseLabelMatcher(wrong), std::invalid_argument);
  }
}

TEST_CASE("what is news is told, once") {
  const ToldGroup nothing;
  const ToldGroup a_fires{50, {PrintOf("a")}, {}};
  CHECK(Told(StateOf({AlertOf("a", true)}), nothing) == "a+");
  CHECK(Told(StateOf({AlertOf("a", false)}), nothing) == "");
  CHECK(Told(StateOf({AlertOf("a", true)}), a_fires) == "");
  CHECK(Told(StateOf({AlertOf("a", true), AlertOf("b", true)}), a_fires) == "a+b+");
  CHECK(Told(StateOf({AlertOf("a", false)}), a_fires) == "a-");
  CHECK(Told(StateOf({AlertOf("a", false)}), a_fires, false) == "");
  CHECK(Told(StateOf({AlertOf("a", false), AlertOf("b", true)}), {50, {PrintOf("a"), PrintOf("b")}, {}}) == "a-b+");
  CHECK(Told(StateOf({AlertOf("a", false), AlertOf("b", true)}), {50, {PrintOf("b")}, {PrintOf("a")}}) == "");
  CHECK_MESSAGE(Told(StateOf({AlertOf("a", true)}), a_fires, true, 1050) == "a+", "the repeat interval has passed");
  GroupState acknowledged = StateOf({AlertOf("a", true)});
  acknowledged.acknowledged = {PrintOf("a")};
  CHECK(Told(acknowledged, a_fires, true, 1050) == "");
}

TEST_CASE("the idempotency key is that of what is told") {
  const GroupState state = StateOf({AlertOf("a", true)});
  const auto key = [&](const ToldGroup& told, int64_t now_ms) {
    return ToTell(state, told, true, now_ms).idempotency_key;
  };
  CHECK(key({}, 100) == key({}, 200));
  CHECK(key({}, 100) != key({50, {PrintOf("a")}, {}}, 1050));
}

TEST_CASE("inhibition goes by equal labels, and not in a circle") {
  const storage::Labels down{{"alertname", "down"}, {"instance", "a"}};
  const storage::Labels other{{"alertname", "cpu"}, {"instance", "a"}};
  const Inhibition inhibition({Rule({"alertname=down"}, {"alertname!=down"}, {"instance", "job"})}, {down, other});
  CHECK(inhibition.InhibitorOf(other) == Fingerprint(down));
  CHECK(inhibition.InhibitorOf({{"alertname", "cpu"}, {"instance", "b"}}).empty());
  CHECK(inhibition.InhibitorOf({{"alertname", "cpu"}, {"instance", "a"}, {"job", "j"}}).empty());
  CHECK(inhibition.InhibitorOf(down).empty());
  const Inhibition circle({Rule({"team=x"}, {"team=~x|y"}, {})}, {{{"n", "1"}, {"team", "x"}}});
  CHECK(circle.InhibitorOf({{"n", "2"}, {"team", "x"}}).empty());
  CHECK_FALSE(circle.InhibitorOf({{"n", "2"}, {"team", "y"}}).empty());
}

TEST_CASE("a silence reads back, and knows when it counts") {
  const json body = {{"matchers", {"team=~\"a|b\"", {{"name", "x"}, {"value", "y"}, {"isEqual", false}}}},
                     {"startsAt", 100},
                     {"endsAt", 200},
                     {"comment", "c"},
                     {"createdBy", "me"}};
  const ParsedSilence parsed = ParseSilence(body, 0);
  REQUIRE(parsed.errors.empty());
  CHECK(parsed.silence.StatusAt(99'999) == std::string("pending"));
  CHECK(parsed.silence.StatusAt(100'000) == std::string("active"));
  CHECK(parsed.silence.StatusAt(200'000) == std::string("expired"));
  const json written = ToJson(parsed.silence, 0);
  CHECK(json(ToJson(ParseSilence(written, 0).silence, 0)) == written);

  state::Database database(":memory:");
  Silences silences(database);
  Silence silence = parsed.silence;
  CHECK(silences.Put(silence, 0) == Silences::Outcome::kDone);
  CHECK(silence.id.size() == 36);
  CHECK(silences.Silencing({{"team", "a"}}, 150'000) == std::vector<std::string>{silence.id});
  CHECK(silences.Silencing({{"team", "a"}, {"x", "y"}}, 150'000).empty());
  CHECK(silences.Silencing({{"team", "a"}}, 250'000).empty());
  Silences again(database);
  CHECK(again.Get(silence.id)->comment == "c");
  CHECK(again.Expire(silence.id, 150'000) == Silences::Outcome::kDone);
  CHECK(again.Silencing({{"team", "a"}}, 150'001).empty());
  CHECK(Silences(database).Get(silence.id)->ends_ms == 150'000);
}

TEST_CASE("fingerprints tell label sets apart") {
  CHECK_MESSAGE(Fingerprint({}) == "cbf29ce484222325", "FNV-1a of nothing");
  CHECK(Fingerprint({{"alertname", "a"}}) != Fingerprint({{"alertname", "b"}}));
  CHECK(Fingerprint({{"a", "bc"}}) != Fingerprint({{"ab", "c"}}));
}

TEST_CASE("a mail keeps to its format, whatever an alert says") {
  const std::string mail = MailText("Tide <tide@example.org>", "a@b", "Größe \xe2\x82\xac",
                                    std::string(5000, 'x') + "\n.\n", "key", 1'700'000'000'000);
  CHECK(mail.find("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n") != std::string::npos);
  CHECK(mail.find("Message-ID: <key@example.org>\r\n") != std::string::npos);
  CHECK(mail.find("Subject: =?utf-8?B?") != std::string::npos);
  size_t longest = 0;
  for (size_t at = 0; at < mail.size();) {
    const size_t end = mail.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    longest = std::max(longest, end - at);
    at = end + 2;
  }
  CHECK(longest <= 76);
  CHECK(HeaderValue("a\r\nBcc: b\x7f") == "a  Bcc: b ");
}
