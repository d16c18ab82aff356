#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace tidemark::storage {

/// A growing run of bytes in 16 bytes of bookkeeping, with little slack: a store has some for each of its series. At
/// most 4 GiB.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { *this = std::move(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ~ByteBuffer() = default;

  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] size_t allocated_bytes() const { return capacity_; }

  void append(std::string_view bytes) {
    if (bytes.size() > capacity_ - size_) Grow(bytes.size());
    std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
    size_ += static_cast<uint32_t>(bytes.size());
  }
  /// A place for `bytes` more; Advance then says how many were written.
  char* Room(size_t bytes) {
    if (bytes > capacity_ - size_) Grow(bytes);
    return data_.get() + size_;
  }
  void Advance(const char* end) { size_ = static_cast<uint32_t>(end - data_.get()); }
  /// Keeps the memory: it will be filled again.
  void clear() { size_ = 0; }
  void erase_front(size_t bytes) {
    std::memmove(data_.get(), data_.get() + bytes, size_ - bytes);
    size_ -= static_cast<uint32_t>(bytes);
  }
  /// Gives back what is not used.
  void shrink_to_fit() {
    if (capacity_ > size_) Reallocate(size_);
  }

 private:
  /// A quarter more than there is, and at least a cache line.
  void Grow(size_t more) {
    constexpr size_t kStep = 64;
    Reallocate((size_ + more + capacity_ / 4 + kStep - 1) / kStep * kStep);
  }
  void Reallocate(size_t capacity) {
    if (capacity == 0) {
      data_.reset();
    } else {
      auto grown = std::make_unique_for_overwrite<char[]>(capacity);
      if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
      data_ = std::move(grown);
    }
    capacity_ = static_cast<uint32_t>(capacity);
  }

  std::unique_ptr<char[]> data_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace tidemark::storage
