#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/storage/id_table.h"

namespace tidemark::storage {

/// Label names and values, each text once, known by a number. Counted: a text goes when the last user releases it. Not
/// thread-safe for writing.
class SymbolTable {
 public:
  static constexpr uint32_t kNone = IdTable::kNone;

  /// The symbol of a text, with one more user.
  uint32_t Intern(std::string_view text);
  void Release(uint32_t symbol);

  [[nodiscard]] uint32_t Find(std::string_view text) const;
  [[nodiscard]] const std::string& Text(uint32_t symbol) const { return symbols_[symbol].text; }
  /// Memory of all of it.
  [[nodiscard]] size_t bytes() const {
    return text_bytes_ + symbols_.size() * sizeof(Symbol) + table_.allocated_bytes();
  }

 private:
  struct Symbol {
    std::string text;
    uint32_t users = 0;
  };

  std::deque<Symbol> symbols_;
  std::vector<uint32_t> free_;
  IdTable table_;
  size_t text_bytes_ = 0;  // on the heap
};

}  // namespace tidemark::storage
