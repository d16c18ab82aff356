#include "common/http/message.h"

#include <algorithm>

#include "common/number_format.h"
#include "common/text.h"

namespace tidemark::http {

std::string_view Request::Header(std::string_view name) const {
  const auto it =
      std::ranges::find_if(headers, [&](const auto& header) { return EqualsIgnoreCase(header.first, name); });
  return it == headers.end() ? std::string_view{} : std::string_view(it->second);
}

std::optional<std::string> Request::Param(std::string_view name) const {
  const auto it = std::ranges::find_if(params, [&](const auto& param) { return param.first == name; });
  if (it == params.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string> Request::Params(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : params) {
    if (key == name) values.push_back(value);
  }
  return values;
}

Response PiecewiseResponse(std::string content_type, BodySource source) {
  Response response;
  response.content_type = std::move(content_type);
  if (source(response.body)) response.rest = std::move(source);
  return response;
}

bool Accepts(std::string_view header, std::string_view token) {
  while (!header.empty()) {
    const size_t comma = std::min(header.find(','), header.size());
    std::string_view item = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    if (!EqualsIgnoreCase(Trim(item.substr(0, semicolon)), token)) continue;
    item.remove_prefix(semicolon);
    const size_t quality = item.find("q=");
    if (quality == std::string_view::npos) return true;
    const std::string_view digits = item.substr(quality + 2);
    return ParseFloat(Trim(digits.substr(0, digits.find(';')))).value_or(0) > 0;
  }
  return false;
}

}  // namespace tidemark::http
