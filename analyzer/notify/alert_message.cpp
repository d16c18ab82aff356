#include "analyzer/notify/alert_message.h"

#include "common/http/url.h"

namespace tidemark::notify {

std::string GeneratorUrl(const std::string& external_url, const std::string& expr) {
  std::string url = external_url;
  while (url.ends_with('/')) url.pop_back();
  return url + "/graph?g0.expr=" + http::EncodeQuery(expr) + "&g0.tab=1";
}

}  // namespace tidemark::notify
