#include "common/http/request_head.h"

#include <algorithm>

#include "common/text.h"

namespace tidemark::http {

std::string_view RequestHead::RawPath() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view RequestHead::Query() const {
  const size_t mark = std::min(target.find('?'), target.size());
  return std::string_view(target).substr(std::min(mark + 1, target.size()));
}

bool RequestHead::ClosesConnection() const {
  const auto has_option = [&](std::string_view option) {
    return std::ranges::any_of(headers, [&](const auto& header) {
      return EqualsIgnoreCase(header.first, "connection") && Accepts(header.second, option);
    });
  };
  return has_option("close") || (is_http_1_0 && !has_option("keep-alive"));
}

}  // namespace tidemark::http
