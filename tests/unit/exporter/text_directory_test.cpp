#include "exporter/textfile/text_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <filesystem>

#include "common/file.h"
#include "tests/unit/file_tree.h"

using tidemark::exporter::textfile::TextDirectory;

namespace {

/// What it lists, as names with blanks between.
std::string Names(TextDirectory& directory) {
  std::vector<std::string> files;
  if (const int error = directory.List(files); error != 0) return tidemark::ErrnoText(error);
  std::string names;
  for (const std::string& file : files)
    names += (names.empty() ? "" : " ") + std::filesystem::path(file).filename().string();
  return names;
}

/// As if nothing had come or gone for a day.
void SetOldTime(const std::string& path) {
  const std::array<timespec, 2> times{timespec{1600000000, 0}, timespec{1600000000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
}

}  // namespace

TEST_CASE("textfile directory: what comes and goes within moments is seen") {
  const FileTree tree;
  tree.Write("d/b.prom", "");
  TextDirectory directory(tree.Path("d"));
  CHECK(Names(directory) == "b.prom");
  for (int i = 0; i < 20; ++i) {
    tree.Write("d/a.prom", "");
    CHECK(Names(directory) == "a.prom b.prom");
    std::filesystem::remove(tree.Path("d/a.prom"));
    CHECK(Names(directory) == "b.prom");
  }
}

TEST_CASE("textfile directory: one whose time stays is listed at every tenth call") {
  const FileTree tree;
  tree.Write("d/b.prom", "");
  SetOldTime(tree.Path("d"));
  TextDirectory directory(tree.Path("d"));
  CHECK(Names(directory) == "b.prom");
  tree.Write("d/a.prom", "");
  SetOldTime(tree.Path("d"));
  for (int call = 1; call < 10; ++call) CHECK(Names(directory) == "b.prom");
  CHECK(Names(directory) == "a.prom b.prom");
  tree.Write("d/c.prom", "");  // and one whose time tells, at once
  CHECK(Names(directory) == "a.prom b.prom c.prom");
}

TEST_CASE("textfile directory: another one of the same name is another one") {
  const FileTree tree;
  tree.Write("d/b.prom", "");
  SetOldTime(tree.Path("d"));
  TextDirectory directory(tree.Path("d"));
  CHECK(Names(directory) == "b.prom");
  std::filesystem::rename(tree.Path("d"), tree.Path("e"));
  CHECK(Names(directory) == "No such file or directory");
  tree.Write("d/a.prom", "");
  SetOldTime(tree.Path("d"));
  CHECK(Names(directory) == "a.prom");
  std::filesystem::remove_all(tree.Path("d"));
  tree.Write("d", "a file");
  CHECK(Names(directory) == "Not a directory");
}
