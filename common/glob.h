#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

/// Paths that match a pattern as Prometheus and node_exporter take them (Go's filepath.Glob): within one part of a
/// path `*` stands for any characters, `?` for one, `[a-z]` and `[^a-z]` for one of these or another, `\` takes the
/// next one as it is; hidden names count like others. Sorted by name within each directory. None when there are none
/// or the pattern is malformed.
std::vector<std::string> Glob(std::string_view pattern);

/// Whether a path has characters that make it a pattern.
bool IsGlob(std::string_view path);

}  // namespace tidemark
