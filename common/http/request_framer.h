#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/http/limits.h"
#include "common/http/request_head.h"

namespace tidemark::http {

/// Cuts a byte stream into HTTP/1.1 requests (RFC 9112) and enforces the limits while bytes arrive: nothing is
/// buffered beyond them. Strict where leniency is how requests get smuggled: lines end in CRLF, a request has
/// Content-Length or Transfer-Encoding: chunked but never both, header names are tokens, no folded lines, no NUL.
///
/// Feed bytes, look at state(); after kComplete take the parts and call Reset for the next request. No I/O and no
/// clock; not thread-safe.
class RequestFramer {
 public:
  enum class State { kHead, kBody, kComplete, kError };

  explicit RequestFramer(const Limits& limits) : limits_(limits) {}

  /// Consumes bytes up to the end of the current request; returns how many it took.
  size_t Feed(std::string_view bytes);

  [[nodiscard]] State state() const { return state_; }
  /// No byte of a request has arrived yet.
  [[nodiscard]] bool idle() const { return state_ == State::kHead && head_.empty(); }
  /// The head asks for "100 Continue" before it sends the body. True once, then reset.
  [[nodiscard]] bool TakeExpectContinue();
  [[nodiscard]] RequestHead TakeHead() { return std::move(request_); }
  [[nodiscard]] std::string TakeBody() { return std::move(body_); }
  /// After kError: the status to answer with, and why.
  [[nodiscard]] int error_status() const { return error_status_; }
  [[nodiscard]] const std::string& error_detail() const { return error_detail_; }
  void Reset();

 private:
  enum class ChunkPart { kSize, kData, kDataEnd, kTrailer };

  size_t FeedHead(std::string_view bytes);
  size_t FeedSizedBody(std::string_view bytes);
  size_t FeedChunkedBody(std::string_view bytes);
  void FinishHead();
  bool HandleHeader(std::string_view name, std::string_view value);
  void HandleChunkLine();
  void Fail(int status, std::string detail);

  Limits limits_;
  State state_ = State::kHead;
  std::string head_;  // as it came
  RequestHead request_;
  std::string body_;
  size_t current_line_begin_ = 0;
  size_t line_count_ = 0;
  bool has_content_length_ = false;
  bool chunked_ = false;
  bool expect_continue_ = false;
  size_t body_remaining_ = 0;
  ChunkPart chunk_part_ = ChunkPart::kSize;
  std::string chunk_line_;
  size_t framing_bytes_ = 0;
  int error_status_ = 0;
  std::string error_detail_;
};

}  // namespace tidemark::http
