#include "common/http/body_stream.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using tidemark::http::BodySource;
using tidemark::http::BodyStream;

namespace {

/// Gives one of the pieces at a time.
BodySource Pieces(std::vector<std::string> pieces) {
  return [pieces = std::move(pieces), next = size_t{0}](std::string& out) mutable {
    out += pieces[next++];
    return next < pieces.size();
  };
}

}  // namespace

TEST_CASE("a body in chunks ends with one that is empty, and no other is") {
  BodyStream body("begin", Pieces({"", std::string(17, 'x'), "", "end"}), true);
  CHECK(body.Next() == "5\r\nbegin\r\n");
  CHECK_FALSE(body.ended());
  CHECK(body.Next() == "11\r\nxxxxxxxxxxxxxxxxx\r\n");
  CHECK(body.Next() == "3\r\nend\r\n0\r\n\r\n");
  CHECK(body.ended());
}

TEST_CASE("a body whose last piece is empty ends all the same") {
  BodyStream body("", Pieces({"all", "", ""}), true);
  CHECK(body.Next() == "3\r\nall\r\n");
  CHECK(body.Next() == "0\r\n\r\n");
  CHECK(body.ended());
}

TEST_CASE("without chunks a body is its pieces") {
  BodyStream body("begin", Pieces({"", "end"}), false);
  CHECK(body.Next() == "begin");
  CHECK(body.Next() == "end");
  CHECK(body.ended());
}

TEST_CASE("what the source throws is the caller's to handle") {
  BodyStream body(
      "", [](std::string&) -> bool { throw std::runtime_error("broken"); }, true);
  CHECK_THROWS_WITH((void)body.Next(), "broken");
}
