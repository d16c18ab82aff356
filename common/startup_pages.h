#pragma once

#include <cstdint>
#include <vector>

namespace tidemark {

/// Pages of program and libraries that are needed to start and perhaps never again. Of a small program those that only
/// the dynamic linker has touched are most of its resident memory.
class StartupPages {
 public:
  /// Takes down where they are: those of what is loaded now. No other thread may run yet: one that loads a library has
  /// pages that look like these and are being written.
  StartupPages();
  /// Gives them back. What is used again comes back from the page cache. Any thread may run meanwhile. May be called
  /// again, when what followed the start is over too.
  void Release() const;

 private:
  struct Range {
    uintptr_t begin = 0;
    uintptr_t end = 0;
  };
  std::vector<Range> ranges_;
};

}  // namespace tidemark
