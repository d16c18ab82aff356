#pragma once

#include <sys/statvfs.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace tidemark::exporter::procfs {

/// Calls statvfs on mount points without ever waiting for one that hangs.
///
/// statvfs on a dead NFS or FUSE mount blocks in the kernel, where no signal or deadline reaches it. So the calls run
/// on threads of their own. Probe waits while results keep coming; when none has come for `patience`, another thread
/// takes over the mounts that are left, and the one that hangs stays behind with its single mount. That mount is not
/// asked again until its call returns: one thread a hung mount, however often it is scraped.
///
/// Probe may be called by one thread at a time.
class MountProber {
 public:
  struct Result {
    enum class State { kOk, kError, kHung } state = State::kHung;
    int error_number = 0;
    struct statvfs info {};
  };

  MountProber();
  /// Does not wait for hung calls: their threads are left to the kernel.
  ~MountProber();
  MountProber(const MountProber&) = delete;
  MountProber& operator=(const MountProber&) = delete;

  /// Calls statvfs here and now, for a path that is known not to hang.
  static Result Ask(const std::string& path);

  /// One result for each path. Takes at most `budget`, whatever hangs; mounts not answered by then are kHung.
  std::vector<Result> Probe(const std::vector<std::string>& paths, std::chrono::milliseconds patience,
                            std::chrono::milliseconds budget);

  /// Calls that have not returned.
  [[nodiscard]] size_t HungCalls() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace tidemark::exporter::procfs
