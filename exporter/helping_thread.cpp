#include "exporter/helping_thread.h"

#include <pthread.h>
#include <sched.h>

#include <chrono>
#include <utility>

namespace tidemark::exporter {

HelpingThread::HelpingThread(size_t min_pieces) : min_pieces_(min_pieces), thread_([this] { Help(); }) {}

HelpingThread::~HelpingThread() {
  ends_ = true;
  begun_.Post();
}

/// Does it; nobody takes pieces any more after what it throws, which it returns.
template <typename Action>
std::exception_ptr HelpingThread::Caught(Action&& action) {
  try {
    action();
    return nullptr;
  } catch (...) {
    next_ = count_;
    return std::current_exception();
  }
}

void HelpingThread::Run(size_t count, const Work& work, const std::function<void()>& first) {
  const bool is_helped = count >= min_pieces_ && HasCpuForBoth();
  count_ = count;
  work_ = &work;
  next_ = 0;
  if (is_helped) begun_.Post();
  const std::exception_ptr error = Caught([&] {
    first();
    Take(Hand::kCaller);
  });
  if (is_helped) WaitForHelper();
  const std::exception_ptr helpers_error = std::exchange(error_, nullptr);
  if (error) std::rethrow_exception(error);
  if (helpers_error) std::rethrow_exception(helpers_error);
}

void HelpingThread::Help() {
  while (true) {
    begun_.Wait();
    if (ends_) return;
    error_ = Caught([&] { Take(Hand::kHelper); });
    cpu_ = ::sched_getcpu();
    helped_.Post();
  }
}

/// It has one piece left at most, mostly a shorter time than it takes to fall asleep and to be woken.
void HelpingThread::WaitForHelper() {
  using std::chrono::steady_clock;
  constexpr std::chrono::microseconds kAwake{30};
  const auto sleep_at = steady_clock::now() + kAwake;
  while (steady_clock::now() < sleep_at) {
    if (helped_.TryWait()) return;
  }
  helped_.Wait();
}

void HelpingThread::Semaphore::Wait() {
  while (::sem_wait(&semaphore_) != 0) {  // a signal
  }
}

void HelpingThread::Take(Hand hand) {
  for (size_t place = next_++; place < count_; place = next_++) (*work_)(place, hand);
}

/// Sees to it that the helper wakes on another CPU than the caller's. The scheduler may wake it on that one, where it
/// had to wait for the caller: it looks for an idle one only among those that share a cache, and not even there when
/// they had much to do lately (select_idle_cpu of the kernel's kernel/sched/fair.c), as after another exporter's page.
bool HelpingThread::HasCpuForBoth() {
  const int here = ::sched_getcpu();
  if (cpu_ >= 0 && cpu_ != here) return true;
  cpu_set_t cpus;
  // A host with more CPUs than the set has room for has another.
  if (here < 0 || here >= CPU_SETSIZE || ::sched_getaffinity(0, sizeof(cpus), &cpus) != 0) return true;
  CPU_CLR(here, &cpus);
  if (CPU_COUNT(&cpus) == 0) return false;
  ::pthread_setaffinity_np(thread_.native_handle(), sizeof(cpus), &cpus);
  return true;
}

}  // namespace tidemark::exporter
