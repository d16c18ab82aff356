#include "analyzer/transfer/progress.h"

#include <unistd.h>

#include <cstdio>

namespace tidemark::transfer {
namespace {

constexpr std::chrono::milliseconds kRedraw{200};
constexpr int kBarWidth = 30;

}  // namespace

Progress::Progress(std::string what)
    : what_(std::move(what)), on_terminal_(::isatty(STDERR_FILENO) == 1), next_(begin_) {}

Progress::~Progress() {
  if (on_terminal_) std::fputs("\r\x1b[K", stderr);
}

void Progress::Show(double share, uint64_t samples) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || now < next_) return;
  next_ = now + kRedraw;
  const int filled = static_cast<int>(share * kBarWidth);
  const std::string bar =
      std::string(static_cast<size_t>(filled), '#') + std::string(static_cast<size_t>(kBarWidth - filled), '.');
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  std::fprintf(stderr, "\r%s [%s] %3.0f %%  %llu samples, %.0f a second\x1b[K", what_.c_str(), bar.c_str(), share * 100,
               static_cast<unsigned long long>(samples), seconds > 0 ? static_cast<double>(samples) / seconds : 0.0);
}

}  // namespace tidemark::transfer
