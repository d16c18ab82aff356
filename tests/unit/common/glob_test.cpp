#include "common/glob.h"

#include <doctest/doctest.h>

#include "tests/unit/file_tree.h"

namespace {

/// A directory with empty files.
class Files {
 public:
  explicit Files(const std::vector<std::string>& names) {
    for (const std::string& name : names) tree_.Write(name, "");
  }

  /// What matches, as paths from the directory, with blanks between.
  [[nodiscard]] std::string Glob(const std::string& pattern) const {
    const std::string root = tree_.Path("");
    std::string found;
    for (const std::string& path : tidemark::Glob(root + pattern))
      found += (found.empty() ? "" : " ") + path.substr(root.size());
    return found;
  }

 private:
  FileTree tree_;
};

}  // namespace

TEST_CASE("glob: patterns mean what they mean to Prometheus") {
  const Files files({"a.yml", "b.yml", ".c.yml", "é.yml", "a*", "d/a.yml", "d/b", "e/a.yml", "!x", "aab"});
  CHECK(files.Glob("*.yml") == ".c.yml a.yml b.yml é.yml");
  CHECK(files.Glob("?.yml") == "a.yml b.yml é.yml");
  CHECK(files.Glob("[ab].yml") == "a.yml b.yml");
  CHECK(files.Glob("[a-b].yml") == "a.yml b.yml");
  CHECK(files.Glob("[^a].yml") == "b.yml é.yml");
  CHECK(files.Glob("[!a]*") == "!x a* a.yml aab");
  CHECK(files.Glob("[à-ü].yml") == "é.yml");
  CHECK(files.Glob("a\\*") == "a*");
  CHECK(files.Glob("[\\*a]*") == "a* a.yml aab");
  CHECK(files.Glob("*/*") == "d/a.yml d/b e/a.yml");
  CHECK(files.Glob("[de]/a*") == "d/a.yml e/a.yml");
  CHECK(files.Glob("*/") == "");
  CHECK(files.Glob("*a*b") == "aab");
  CHECK(files.Glob("*a*a*a*") == "");
}

TEST_CASE("glob: a path without a pattern is itself, when it is there") {
  const Files files({"a.yml"});
  CHECK(files.Glob("a.yml") == "a.yml");
  CHECK(files.Glob("") == "");
  CHECK(files.Glob("b.yml") == "");
}

TEST_CASE("glob: nothing matches a malformed pattern") {
  const Files files({"a", "]", "-", "[", "\\"});
  for (const char* pattern : {"[", "[]", "[]a]", "[-a]", "[a", "[a-]", "[a-", "[^]", "[^", "*\\", "[\\"})
    CHECK(files.Glob(pattern) == "");
}

TEST_CASE("glob: stars do not multiply the work") {
  const Files files({std::string(200, 'a')});
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  CHECK(files.Glob(pattern + "*b") == "");
  CHECK(files.Glob(pattern + "*") == std::string(200, 'a'));
}
