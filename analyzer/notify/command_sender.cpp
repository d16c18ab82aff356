#include "analyzer/notify/command_sender.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/file.h"
#include "common/json_values.h"
#include "common/text.h"

// glibc 2.36's header does not say that its functions are C's.
extern "C" {
#include <sys/pidfd.h>
}

extern char** environ;

namespace tidemark::notify {
namespace {

using Clock = std::chrono::steady_clock;

/// What a program says on its standard error is kept up to here, for the message.
constexpr size_t kMaxErrorBytes = 1024;
/// How often it is looked at whether to stop.
constexpr std::chrono::milliseconds kGlance{100};

struct Pipe {
  UniqueFd read;
  UniqueFd write;

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe: " + ErrnoText(errno));
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
};

/// A program at work, with its standard input and error.
class Child {
 public:
  explicit Child(const std::vector<std::string>& argv) {
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, input_.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, errors_.write.get(), STDERR_FILENO);
    // This program blocks the signals it waits for and ignores others; the child shall do neither.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int error = ::posix_spawn(&pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) throw std::runtime_error("cannot run " + argv.front() + ": " + ErrnoText(error));
    input_.read.Reset();
    errors_.write.Reset();
    ended_ = UniqueFd(::pidfd_open(pid_, 0));
    ::fcntl(input_.write.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(errors_.read.get(), F_SETFL, O_NONBLOCK);
  }
  ~Child() {
    // Whatever the program has started goes with it.
    ::kill(-pid_, SIGKILL);
    if (!is_reaped_) ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Feeds it and listens to it until it ends. False: the time was up, or it is to stop.
  bool Run(std::string_view input, Clock::time_point deadline, const std::stop_token& stop) {
    while (!stop.stop_requested() && Clock::now() < deadline) {
      std::array<pollfd, 3> fds{
          {{ended_.get(), POLLIN, 0}, {errors_.read.get(), POLLIN, 0}, {input_.write.get(), POLLOUT, 0}}};
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
      ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kGlance).count()));
      if (fds[2].revents != 0) Feed(input);
      if (fds[1].revents != 0) Listen();
      if (fds[0].revents != 0) {
        Listen();
        is_reaped_ = ::waitpid(pid_, &status_, 0) == pid_;
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::string Error() const {
    std::string text = WIFSIGNALED(status_) ? "ended by signal " + std::to_string(WTERMSIG(status_))
                                            : "ended with " + std::to_string(WEXITSTATUS(status_));
    if (!said_.empty()) text += ": " + std::string(Trim(said_));
    return text;
  }
  [[nodiscard]] bool has_succeeded() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

 private:
  void Feed(std::string_view input) {
    const ssize_t count = ::write(input_.write.get(), input.data() + fed_, input.size() - fed_);
    if (count > 0) fed_ += static_cast<size_t>(count);
    // It has all, or does not want it.
    if (fed_ == input.size() || (count < 0 && errno != EAGAIN)) input_.write.Reset();
  }
  void Listen() {
    std::array<char, 4096> buffer;
    ssize_t count = 0;
    while ((count = ::read(errors_.read.get(), buffer.data(), buffer.size())) > 0)
      said_.append(buffer.data(), std::min(static_cast<size_t>(count), kMaxErrorBytes - said_.size()));
    if (count == 0) errors_.read.Reset();
  }

  Pipe input_;
  Pipe errors_;
  UniqueFd ended_;
  pid_t pid_ = 0;
  bool is_reaped_ = false;
  int status_ = 0;
  size_t fed_ = 0;
  std::string said_;
};

}  // namespace

SendResult CommandSender::Send(const Notification& notification, const std::stop_token& stop) {
  const std::string body = DumpJson(WebhookBody(notification, 0)) + "\n";
  try {
    Child child(config_.argv);
    if (!child.Run(body, Clock::now() + std::chrono::milliseconds(config_.timeout_ms), stop))
      return {"did not end within " + std::to_string(config_.timeout_ms) + " ms and was killed", false};
    return {child.has_succeeded() ? "" : child.Error(), false};
  } catch (const std::runtime_error& error) {
    return {error.what(), false};
  }
}

}  // namespace tidemark::notify
