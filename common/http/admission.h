#pragma once

#include <atomic>

namespace tidemark::http {

/// Counts a request among those of its kind that are being worked on, as long as it lives: some need so much memory or
/// time that only a few may run at once.
class Admission {
 public:
  /// `running` outlives the object; all that share it give the same `most`. 0: no bound.
  Admission(std::atomic<unsigned>& running, unsigned most)
      : running_(running), admitted_(++running <= most || most == 0) {}
  ~Admission() { --running_; }
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// False: refuse the request, with a status by which its client comes again.
  [[nodiscard]] bool admitted() const { return admitted_; }

 private:
  std::atomic<unsigned>& running_;
  const bool admitted_;
};

}  // namespace tidemark::http
