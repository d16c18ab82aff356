#include "exporter/procfs/mount_prober.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace tidemark::exporter::procfs {
namespace {

using std::chrono::steady_clock;

/// statvfs needs little stack, and a thread may stay for as long as its mount hangs.
constexpr size_t kStackBytes = size_t{128} * 1024;

}  // namespace

/// Outlives the prober as long as a thread hangs in the kernel.
struct MountProber::Shared {
  struct Task {
    uint64_t round;
    size_t index;
    std::string path;
  };

  std::mutex mutex;  // guards everything below
  std::condition_variable has_tasks;
  std::condition_variable is_answered;  // all of this round
  std::deque<Task> tasks;
  std::set<std::string> in_call;  // paths whose statvfs has not returned
  uint64_t round = 0;
  std::vector<Result> results;
  size_t asked = 0;
  size_t answered = 0;
  size_t idle_threads = 0;
  bool stopping = false;

  static void Work(const std::shared_ptr<Shared>& shared);
  static void StartThread(const std::shared_ptr<Shared>& shared);
};

void MountProber::Shared::Work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    if (shared->tasks.empty() && !shared->stopping) {
      // One idle thread is enough for the next round; those that were added for hung mounts go.
      if (shared->idle_threads > 0) return;
      ++shared->idle_threads;
      shared->has_tasks.wait(lock, [&] { return !shared->tasks.empty() || shared->stopping; });
      --shared->idle_threads;
    }
    if (shared->stopping) return;
    const Task task = std::move(shared->tasks.front());
    shared->tasks.pop_front();
    shared->in_call.insert(task.path);
    lock.unlock();
    const Result result = Ask(task.path);
    lock.lock();
    shared->in_call.erase(task.path);
    if (task.round == shared->round) {
      shared->results[task.index] = result;
      if (++shared->answered == shared->asked) shared->is_answered.notify_one();
    }
  }
}

void MountProber::Shared::StartThread(const std::shared_ptr<Shared>& shared) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  auto* argument = new std::shared_ptr<Shared>(shared);
  pthread_t thread{};
  const int error_number = pthread_create(
      &thread, &attributes,
      [](void* raw) -> void* {
        const std::unique_ptr<std::shared_ptr<Shared>> owner(static_cast<std::shared_ptr<Shared>*>(raw));
        // A thread that hangs outlives even a SIGKILL of the process. With a table of its own, and that empty, it keeps
        // no socket open: the port is free for the next process.
        if (::unshare(CLONE_FILES) == 0) ::close_range(0, ~0U, 0);
        Work(*owner);
        return nullptr;
      },
      argument);
  pthread_attr_destroy(&attributes);
  // Out of threads: what the running ones do not answer is reported as hung.
  if (error_number != 0) delete argument;
}

MountProber::MountProber() : shared_(std::make_shared<Shared>()) {}

MountProber::~MountProber() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopping = true;
  shared_->has_tasks.notify_all();
}

MountProber::Result MountProber::Ask(const std::string& path) {
  Result result;
  if (::statvfs(path.c_str(), &result.info) == 0) {
    result.state = Result::State::kOk;
  } else {
    result.state = Result::State::kError;
    result.error_number = errno;
  }
  return result;
}

size_t MountProber::HungCalls() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->in_call.size();
}

std::vector<MountProber::Result> MountProber::Probe(const std::vector<std::string>& paths,
                                                    std::chrono::milliseconds patience,
                                                    std::chrono::milliseconds budget) {
  const auto deadline = steady_clock::now() + budget;
  std::unique_lock lock(shared_->mutex);
  ++shared_->round;
  shared_->results.assign(paths.size(), {});
  shared_->answered = 0;
  shared_->tasks.clear();
  shared_->asked = 0;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (shared_->in_call.contains(paths[i])) continue;
    shared_->tasks.push_back({shared_->round, i, paths[i]});
    ++shared_->asked;
  }
  if (shared_->asked > 0 && shared_->idle_threads == 0) Shared::StartThread(shared_);
  shared_->has_tasks.notify_all();
  size_t answered_before = 0;
  while (shared_->answered < shared_->asked) {
    const auto until = std::min(steady_clock::now() + patience, deadline);
    if (shared_->is_answered.wait_until(lock, until, [&] { return shared_->answered == shared_->asked; })) break;
    if (steady_clock::now() >= deadline) break;
    if (shared_->answered == answered_before && !shared_->tasks.empty()) Shared::StartThread(shared_);
    answered_before = shared_->answered;
  }
  shared_->tasks.clear();
  return shared_->results;
}

}  // namespace tidemark::exporter::procfs
