#include "common/http/router.h"

#include <doctest/doctest.h>

#include "common/http/url.h"

using namespace tidemark::http;

namespace {

Response Echo(const Request& request) {
  Response response;
  for (const std::string& value : request.path_values) response.body += "[" + value + "]";
  return response;
}

Response Route(const Router& router, const std::string& method, const std::string& path) {
  Request request;
  request.method = method;
  request.raw_path = path;
  return router.Route(request);
}

}  // namespace

TEST_CASE("routes match whole segments and decode values") {
  Router router;
  router.Get("/", Echo);
  router.Get("/label/{name}/values", Echo);
  router.Add("DELETE", "/label/{name}/values", Echo);
  CHECK(Route(router, "GET", "/").status == 200);
  CHECK(Route(router, "GET", "/label/a%2Fb/values").body == "[a/b]");
  CHECK(Route(router, "HEAD", "/label/a/values").status == 200);
  CHECK(Route(router, "GET", "/label//values").status == 404);
  CHECK(Route(router, "GET", "/label/a/values/").status == 404);
  CHECK(Route(router, "GET", "/label/../values").body == "[..]");
  CHECK(Route(router, "GET", "/label/%zz/values").status == 400);
  const Response refused = Route(router, "POST", "/label/a/values");
  CHECK(refused.status == 405);
  CHECK(refused.headers[0] == std::pair<std::string, std::string>("Allow", "GET, DELETE"));
}

TEST_CASE("a request belongs to the lane of its route, however it is written") {
  Router router;
  router.Get("/healthy", Echo);
  router.Get("/query", Echo, Lane::kQuery);
  router.Add("POST", "/query", Echo, Lane::kWrite);
  router.Get("/label/{name}/values", Echo, Lane::kLong);
  CHECK(router.LaneOf("GET", "/healthy") == Lane::kQuick);
  CHECK(router.LaneOf("GET", "/query") == Lane::kQuery);
  CHECK(router.LaneOf("HEAD", "/%71uery") == Lane::kQuery);
  CHECK(router.LaneOf("POST", "/query") == Lane::kWrite);
  CHECK(router.LaneOf("GET", "/label/a%2Fb/values") == Lane::kLong);
  for (const char* path : {"", "/", "/%zz", "/query/", "query%"}) CHECK(router.LaneOf("GET", path) == Lane::kQuick);
}

TEST_CASE("accept headers are read with their qualities") {
  CHECK(Accepts("gzip, deflate", "gzip"));
  CHECK(Accepts("deflate;q=0.5, GZIP;q=1.0", "gzip"));
  CHECK_FALSE(Accepts("gzip;q=0", "gzip"));
  CHECK_FALSE(Accepts("xgzip", "gzip"));
  CHECK_FALSE(Accepts("", "gzip"));
}

TEST_CASE("forms decode") {
  Fields fields;
  CHECK(ParseForm("a=1&b=x+y%26&&c&match[]=up", fields));
  CHECK(fields == Fields{{"a", "1"}, {"b", "x y&"}, {"c", ""}, {"match[]", "up"}});
  CHECK_FALSE(ParseForm("a=%4", fields));
  CHECK(DecodePercent(EncodePercent("a/ä b"), false) == "a/ä b");
}
