#include "common/http/request_framer.h"

#include <doctest/doctest.h>

using tidemark::http::Fields;
using tidemark::http::Limits;
using tidemark::http::RequestFramer;
using tidemark::http::RequestHead;
using State = RequestFramer::State;

namespace {

Limits SmallLimits() {
  Limits limits;
  limits.head_bytes = 400;
  limits.request_line_bytes = 100;
  limits.header_count = 5;
  limits.body_bytes = 20;
  return limits;
}

/// Feeds a request whole and byte by byte; both must end alike.
RequestFramer Frame(std::string_view bytes) {
  RequestFramer whole(SmallLimits());
  whole.Feed(bytes);
  RequestFramer single(SmallLimits());
  for (const char c : bytes) {
    if (single.state() == State::kComplete || single.state() == State::kError) break;
    single.Feed({&c, 1});
  }
  CHECK(whole.state() == single.state());
  CHECK(whole.error_status() == single.error_status());
  return whole;
}

int ErrorStatus(std::string_view bytes) { return Frame(bytes).error_status(); }

}  // namespace

TEST_CASE("a request without a body is complete at the empty line") {
  RequestFramer framer = Frame("GET /a?b=c HTTP/1.1\r\nHost: x\r\nhost:%20 \r\n\r\n");
  CHECK(framer.state() == State::kComplete);
  const RequestHead head = framer.TakeHead();
  CHECK(head.method == "GET");
  CHECK(head.target == "/a?b=c");
  CHECK_FALSE(head.is_http_1_0);
  CHECK(head.headers == Fields{{"Host", "x"}, {"host", "%20"}});
}

TEST_CASE("bodies come by length or in chunks, and what follows is left for the next request") {
  RequestFramer sized(SmallLimits());
  const std::string_view bytes = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n";
  CHECK(sized.Feed(bytes) == bytes.find("GET"));
  CHECK(sized.state() == State::kComplete);
  CHECK(sized.TakeBody() == "hello");

  RequestFramer chunked =
      Frame("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n");
  CHECK(chunked.state() == State::kComplete);
  CHECK(chunked.TakeBody() == "hello");
  CHECK(chunked.TakeHead().headers.empty());
}

TEST_CASE("limits hold while bytes arrive") {
  CHECK(ErrorStatus("GET /" + std::string(200, 'a')) == 414);
  CHECK(ErrorStatus("GET / HTTP/1.1\r\nA: " + std::string(500, 'a')) == 431);
  CHECK(ErrorStatus("GET / HTTP/1.1\r\na: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\ne: 1\r\nf: 1\r\n\r\n") == 431);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nContent-Length: 21\r\n\r\n") == 413);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n") == 413);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n") == 413);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n10\r\n") == 413);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1" + std::string(300, ';')) == 400);
}

TEST_CASE("what could smuggle a request is refused") {
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n") == 400);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n") == 400);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n") == 400);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n") == 501);
  CHECK(ErrorStatus("GET / HTTP/1.1\r\nHost : x\r\n\r\n") == 400);
  CHECK(ErrorStatus("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n") == 400);
  CHECK(ErrorStatus("GET / HTTP/1.1\nHost: x\n\n") == 400);
  CHECK(ErrorStatus("GET / HTTP/1.1\rHost: x\r\n\r\n") == 400);
  CHECK(ErrorStatus(std::string_view("GET /\0 HTTP/1.1\r\n\r\n", 19)) == 400);
  CHECK(ErrorStatus("GET  / HTTP/1.1\r\n\r\n") == 400);
  CHECK(ErrorStatus("GET http://x/ HTTP/1.1\r\n\r\n") == 400);
  CHECK(ErrorStatus("GET / HTTP/2.0\r\n\r\n") == 505);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") == 400);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabX\r\n") == 400);
  CHECK(ErrorStatus("POST / HTTP/1.1\r\nExpect: magic\r\nContent-Length: 1\r\n\r\n") == 417);
}

TEST_CASE("a head that expects to continue says so once") {
  RequestFramer framer(SmallLimits());
  framer.Feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  CHECK(framer.state() == State::kBody);
  CHECK(framer.TakeExpectContinue());
  CHECK_FALSE(framer.TakeExpectContinue());
}
