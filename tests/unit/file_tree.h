#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/unit/temporary_directory.h"

/// Files that go with the test.
class FileTree {
 public:
  void Write(const std::string& path, std::string_view content) const {
    const std::filesystem::path file = Path(path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  [[nodiscard]] std::string Path(const std::string& path) const {
    return (std::filesystem::path(directory_.path) / path).string();
  }

 private:
  TemporaryDirectory directory_;
};
