#pragma once

#include <span>
#include <string_view>

namespace tidemark::web {

/// A file of the dashboard, compiled into the program (cmake/EmbedAssets.cmake).
struct Asset {
  std::string_view path;  ///< as requested
  const char* content_type;
  std::string_view content;
};

std::span<const Asset> Assets();

}  // namespace tidemark::web
