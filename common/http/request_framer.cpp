#include "common/http/request_framer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/text.h"

namespace tidemark::http {
namespace {

bool IsTokenChar(char c) {
  // RFC 9110, section 5.6.2.
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) { return !text.empty() && std::ranges::all_of(text, IsTokenChar); }

constexpr size_t kMaxChunkLineBytes = 256;
/// A request's chunk framing (size lines, extensions, trailers) may take this many times its body limit: a client that
/// sends single bytes needs 5 times, and one that sends only extensions is cut off.
constexpr size_t kMaxFramingShare = 8;
constexpr size_t kMinFramingBytes = 1024;

}  // namespace

void RequestFramer::Reset() {
  const Limits limits = limits_;
  *this = RequestFramer(limits);
}

bool RequestFramer::TakeExpectContinue() { return std::exchange(expect_continue_, false); }

void RequestFramer::Fail(int status, std::string detail) {
  state_ = State::kError;
  error_status_ = status;
  error_detail_ = std::move(detail);
}

size_t RequestFramer::Feed(std::string_view bytes) {
  size_t used = 0;
  while (used < bytes.size() && (state_ == State::kHead || state_ == State::kBody)) {
    const std::string_view rest = bytes.substr(used);
    if (state_ == State::kHead) {
      used += FeedHead(rest);
    } else if (chunked_) {
      used += FeedChunkedBody(rest);
    } else {
      used += FeedSizedBody(rest);
    }
  }
  return used;
}

size_t RequestFramer::FeedHead(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    // RFC 9112, section 2.2: an empty line before the request line is ignored.
    if (head_.empty() && (c == '\r' || c == '\n')) continue;
    head_ += c;
    const size_t line_bytes = head_.size() - current_line_begin_;
    if (line_count_ == 0 && line_bytes > limits_.request_line_bytes) {
      Fail(414, "request line is longer than " + std::to_string(limits_.request_line_bytes) + " bytes");
      return i + 1;
    }
    if (head_.size() > limits_.head_bytes) {
      Fail(431, "headers are longer than " + std::to_string(limits_.head_bytes) + " bytes");
      return i + 1;
    }
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f) {
      Fail(400, "control character in the request head");
      return i + 1;
    }
    if (line_bytes >= 2 && head_[head_.size() - 2] == '\r' && c != '\n') {
      Fail(400, "carriage return without line feed in the request head");
      return i + 1;
    }
    if (c != '\n') continue;
    if (line_bytes < 2 || head_[head_.size() - 2] != '\r') {
      Fail(400, "line in the request head does not end in CRLF");
      return i + 1;
    }
    if (line_bytes == 2) {
      FinishHead();
      return i + 1;
    }
    current_line_begin_ = head_.size();
    if (++line_count_ > limits_.header_count + 1) {
      Fail(431, "more than " + std::to_string(limits_.header_count) + " headers");
      return i + 1;
    }
  }
  return bytes.size();
}

bool RequestFramer::HandleHeader(std::string_view name, std::string_view value) {
  if (EqualsIgnoreCase(name, "content-length")) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    const bool is_number = !value.empty() && end == value.data() + value.size();
    if (is_number && error == std::errc::result_out_of_range) {
      Fail(413, "body is longer than " + std::to_string(limits_.body_bytes) + " bytes");
      return false;
    }
    if (!is_number || error != std::errc{} || (has_content_length_ && length != body_remaining_)) {
      Fail(400, "Content-Length is not one number");
      return false;
    }
    has_content_length_ = true;
    body_remaining_ = length;
    return true;
  }
  if (EqualsIgnoreCase(name, "transfer-encoding")) {
    if (chunked_ || !EqualsIgnoreCase(value, "chunked")) {
      Fail(501, "Transfer-Encoding must be \"chunked\"");
      return false;
    }
    chunked_ = true;
    return true;
  }
  if (EqualsIgnoreCase(name, "expect")) {
    if (!EqualsIgnoreCase(value, "100-continue")) {
      Fail(417, "Expect must be \"100-continue\"");
      return false;
    }
    expect_continue_ = true;
    return true;
  }
  request_.headers.emplace_back(name, value);
  return true;
}

void RequestFramer::FinishHead() {
  std::string_view rest = head_;
  const auto take_line = [&] {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
  };
  const std::string_view request_line = take_line();
  const size_t first_space = request_line.find(' ');
  const size_t last_space = request_line.rfind(' ');
  if (first_space == std::string_view::npos || first_space == last_space ||
      !IsToken(request_line.substr(0, first_space)) ||
      request_line.substr(first_space + 1, last_space - first_space - 1).find(' ') != std::string_view::npos) {
    Fail(400, "request line is not \"METHOD target HTTP/1.1\"");
    return;
  }
  const std::string_view version = request_line.substr(last_space + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    Fail(505, "only HTTP/1.0 and HTTP/1.1 are served");
    return;
  }
  if (request_line[first_space + 1] != '/' && request_line.substr(first_space + 1, 1) != "*") {
    Fail(400, "request target must be a path");
    return;
  }
  request_.method = request_line.substr(0, first_space);
  request_.target = request_line.substr(first_space + 1, last_space - first_space - 1);
  request_.is_http_1_0 = version == "HTTP/1.0";
  for (std::string_view line = take_line(); !line.empty(); line = take_line()) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
      Fail(400, "malformed header line");
      return;
    }
    if (!HandleHeader(line.substr(0, colon), Trim(line.substr(colon + 1)))) return;
  }
  if (chunked_ && has_content_length_) {
    Fail(400, "both Content-Length and Transfer-Encoding are given");
    return;
  }
  if (body_remaining_ > limits_.body_bytes) {
    Fail(413, "body is longer than " + std::to_string(limits_.body_bytes) + " bytes");
    return;
  }
  state_ = chunked_ || body_remaining_ > 0 ? State::kBody : State::kComplete;
}

size_t RequestFramer::FeedSizedBody(std::string_view bytes) {
  const size_t take = std::min(body_remaining_, bytes.size());
  body_ += bytes.substr(0, take);
  body_remaining_ -= take;
  if (body_remaining_ == 0) state_ = State::kComplete;
  return take;
}

size_t RequestFramer::FeedChunkedBody(std::string_view bytes) {
  if (chunk_part_ == ChunkPart::kData) {
    const size_t take = std::min(body_remaining_, bytes.size());
    body_ += bytes.substr(0, take);
    body_remaining_ -= take;
    if (body_remaining_ == 0) chunk_part_ = ChunkPart::kDataEnd;
    return take;
  }
  chunk_line_ += bytes.front();
  if (chunk_line_.size() > kMaxChunkLineBytes ||
      ++framing_bytes_ > kMinFramingBytes + kMaxFramingShare * limits_.body_bytes) {
    Fail(400, "chunk header or trailer is too long");
  } else if (bytes.front() == '\n') {
    HandleChunkLine();
    chunk_line_.clear();
  }
  return 1;
}

void RequestFramer::HandleChunkLine() {
  if (!chunk_line_.ends_with("\r\n")) {
    Fail(400, "chunk line does not end in CRLF");
    return;
  }
  const std::string_view line = std::string_view(chunk_line_).substr(0, chunk_line_.size() - 2);
  switch (chunk_part_) {
    case ChunkPart::kSize: {
      const std::string_view digits = Trim(line.substr(0, line.find(';')));
      size_t size = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
      if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
        Fail(400, "chunk size is not a hexadecimal number");
      } else if (size > limits_.body_bytes - body_.size()) {
        Fail(413, "body is longer than " + std::to_string(limits_.body_bytes) + " bytes");
      } else {
        body_remaining_ = size;
        chunk_part_ = size == 0 ? ChunkPart::kTrailer : ChunkPart::kData;
      }
      return;
    }
    case ChunkPart::kDataEnd:
      if (!line.empty()) {
        Fail(400, "chunk data does not end in CRLF");
      } else {
        chunk_part_ = ChunkPart::kSize;
      }
      return;
    case ChunkPart::kTrailer:
      if (line.empty()) state_ = State::kComplete;
      return;
    case ChunkPart::kData:
      return;
  }
}

}  // namespace tidemark::http
