#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

namespace tidemark::exporter::textfile {

/// The *.prom files of a directory. They are listed again when its time tells that names have come or gone, and at
/// every tenth call, should its file system not keep that time. Used by one thread at a time.
class TextDirectory {
 public:
  explicit TextDirectory(std::string path) : path_(std::move(path)) {}

  /// Appends their paths, sorted. Returns 0, or the errno.
  int List(std::vector<std::string>& files);

 private:
  int Read();

  const std::string path_;
  struct stat status_ {};    // when files_ were read
  bool is_settled_ = false;  // a change after that shows in the time; one of the same moment might not
  int calls_ = 0;
  std::vector<std::string> files_;
};

}  // namespace tidemark::exporter::textfile
