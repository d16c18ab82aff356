#include "analyzer/transfer/csv_reader.h"

#include <algorithm>

namespace tidemark::transfer {

bool CsvReader::ReadField(std::string& field) {
  if (at_ >= text_.size() || text_[at_] != '"') {
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    field = text_.substr(at_, end - at_);
    at_ = end;
    return true;
  }
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"') {
      ++at_;
      if (at_ >= text_.size() || text_[at_] != '"') return true;
    }
    if (text_[at_] == '\n') ++line_;
    field += text_[at_];
  }
  error_ = "a quoted field is not closed";
  return false;
}

bool CsvReader::Next(std::vector<std::string>& row) {
  row.clear();
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) line_ += text_[at_++] == '\n' ? 1 : 0;
  row_line_ = line_;
  if (at_ >= text_.size()) return false;
  while (true) {
    if (!ReadField(row.emplace_back())) return false;
    if (at_ >= text_.size()) return true;
    if (text_[at_] == ',') {
      ++at_;
      continue;
    }
    if (text_[at_] == '\n' || text_[at_] == '\r') return true;
    error_ = "a quoted field is followed by text";
    return false;
  }
}

void AppendCsvField(std::string& out, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace tidemark::transfer
