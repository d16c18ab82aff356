// Silences and the matchers and time intervals in them: what is read is written so that it reads back the same.

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "analyzer/config/label_matcher.h"
#include "analyzer/notify/silences.h"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const storage::Matcher matcher = config::ParseLabelMatcher(text);
    (void)matcher.Matches(text);
  } catch (const std::invalid_argument&) {
  }
  nlohmann::json body;
  try {
    body = nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception&) {
    return 0;
  }
  constexpr int64_t kNowMs = 1'700'000'000'000;
  const notify::ParsedSilence parsed = notify::ParseSilence(body, kNowMs);
  for (const auto& error : parsed.errors) {
    if (error.detail.empty()) std::abort();
  }
  if (!parsed.errors.empty()) return 0;
  (void)parsed.silence.StatusAt(kNowMs);
  const auto json = notify::ToJson(parsed.silence, kNowMs);
  const notify::ParsedSilence again = notify::ParseSilence(
      nlohmann::json::parse(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)), 0);
  if (!again.errors.empty()) std::abort();
  return 0;
}
