#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tidemark::transfer {

/// A line on a terminal that shows how far a long piece of work is; silent when standard error is none.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `share` in [0, 1]. Cheap: draws a few times a second.
  void Show(double share, uint64_t samples);

 private:
  const std::string what_;
  const bool on_terminal_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_;
};

}  // namespace tidemark::transfer
