#pragma once

namespace tidemark {

/// Gives back the pages of program and libraries that were needed to start: what is used again comes back from the page
/// cache. Of a small program those that only the dynamic linker has touched are most of its resident memory.
void ReleaseStartupPages();

}  // namespace tidemark
