#include "common/signals.h"

#include <csignal>

namespace tidemark {
namespace {

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signal WaitForSignal() {
  const sigset_t set = HandledSignals();
  int received = 0;
  while (sigwait(&set, &received) != 0) {
  }
  return received == SIGHUP ? Signal::kReload : Signal::kTerminate;
}

}  // namespace tidemark
