#pragma once

#include <string>
#include <vector>

namespace tidemark {

/// Paths that match a shell pattern, sorted; none when there are none.
std::vector<std::string> Glob(const std::string& pattern);

}  // namespace tidemark
