#include "analyzer/storage/symbol_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tidemark::storage {
namespace {

uint64_t HashText(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

size_t HeapBytes(const std::string& text) {
  static const size_t kInside = std::string().capacity();
  return text.capacity() > kInside ? text.capacity() + 1 : 0;
}

}  // namespace

uint32_t SymbolTable::Find(std::string_view text) const {
  return table_.Find(HashText(text), [&](uint32_t symbol) { return symbols_[symbol].text == text; });
}

uint32_t SymbolTable::Intern(std::string_view text) {
  const uint64_t hash = HashText(text);
  uint32_t symbol = table_.Find(hash, [&](uint32_t known) { return symbols_[known].text == text; });
  if (symbol == kNone) {
    if (free_.empty()) {
      symbol = static_cast<uint32_t>(symbols_.size());
      symbols_.emplace_back();
    } else {
      symbol = free_.back();
      free_.pop_back();
    }
    symbols_[symbol].text = text;
    text_bytes_ += HeapBytes(symbols_[symbol].text);
    table_.Insert(hash, symbol);
  }
  ++symbols_[symbol].users;
  return symbol;
}

void SymbolTable::Release(uint32_t symbol) {
  Symbol& entry = symbols_[symbol];
  if (--entry.users > 0) return;
  table_.Erase(HashText(entry.text), symbol);
  text_bytes_ -= HeapBytes(entry.text);
  std::string().swap(entry.text);
  free_.push_back(symbol);
}

}  // namespace tidemark::storage
