#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

/// Files that go with the test.
class FileTree {
 public:
  FileTree() {
    std::string name = (std::filesystem::temp_directory_path() / "tidemark-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~FileTree() { std::filesystem::remove_all(root_); }
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  void Write(const std::string& path, const std::string& content) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << content;
  }
  [[nodiscard]] std::string Path(const std::string& path) const { return (root_ / path).string(); }

 private:
  std::filesystem::path root_;
};
