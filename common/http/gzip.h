#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/http/message.h"

struct isal_hufftables;

namespace tidemark::http {

/// Huffman codes (RFC 1951, section 3.2.7) for texts that are alike, as the pages of a program are: made from the first
/// and used for all. Making them for each takes a fifth of the time that compressing does, for no fewer bytes. Any
/// thread may use them.
class GzipCodes {
 public:
  GzipCodes();
  ~GzipCodes();
  GzipCodes(const GzipCodes&) = delete;
  GzipCodes& operator=(const GzipCodes&) = delete;

  /// Null for a text that is too short to tell of others.
  [[nodiscard]] const isal_hufftables* For(std::string_view text);

 private:
  std::once_flag made_;
  std::unique_ptr<isal_hufftables> tables_;
};

struct Compressor;

/// One gzip member (RFC 1952) whose text comes in pieces, at the level that costs least CPU: pages are small and
/// scraped often.
class GzipStream {
 public:
  /// `tables`: null for codes of its own; else they outlive the object.
  explicit GzipStream(const isal_hufftables* tables = nullptr);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  /// Appends what can be told of the text by now: all of it after the last piece, before that perhaps nothing.
  /// \throw std::runtime_error when the compressor fails
  void Append(std::string_view piece, bool is_last, std::string& out);

 private:
  std::unique_ptr<Compressor> compressor_;
};

/// `data` as one gzip member. `codes`: null for codes of its own.
std::string Gzip(std::string_view data, GzipCodes* codes = nullptr);

/// Compresses the body when it is worth it and the client takes it, with the headers that say so. The server does so
/// with every answer; a handler whose answer goes to many clients does it itself, once.
void Compress(const Request& request, Response& response, GzipCodes* codes = nullptr);

}  // namespace tidemark::http
