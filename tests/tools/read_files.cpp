// Opens, reads and closes every file that a list names, a path a line: the floor of what reading them costs.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

/// Bytes of the file, none when it cannot be opened.
size_t Read(const std::string& path, std::vector<char>& buffer) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  size_t bytes = 0;
  for (ssize_t got = 1; got > 0;) {
    got = ::read(fd, buffer.data(), buffer.size());
    if (got > 0) bytes += static_cast<size_t>(got);
  }
  ::close(fd);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: read-files LIST [ROUNDS]\n");
    return 2;
  }
  std::ifstream list(argv[1]);
  std::vector<std::string> paths;
  for (std::string path; std::getline(list, path);) paths.push_back(path);
  const int rounds = argc == 3 ? std::atoi(argv[2]) : 1;
  // Not more: some files of /proc are made in a buffer as large as the one asked for.
  std::vector<char> buffer(32 << 10);
  size_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    for (const std::string& path : paths) bytes += Read(path, buffer);
  }
  return bytes > 0 ? 0 : 1;
}
