#include "exporter/probes/resolver.h"

#include <arpa/nameser.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace tidemark::exporter::probes {
namespace {

using Clock = std::chrono::steady_clock;

/// How soon a request to stop is noticed.
constexpr int64_t kSliceMs = 100;

struct Pending {
  bool is_done = false;
  int status = ARES_SUCCESS;
  std::optional<Resolver::Answer> answer;
  std::optional<sockaddr_storage> address;
};

void OnAnswer(void* argument, int status, int /*timeouts*/, unsigned char* message, int bytes) {
  auto& pending = *static_cast<Pending*>(argument);
  pending.is_done = true;
  pending.status = status;
  if (message == nullptr || bytes < HFIXEDSZ) return;
  constexpr unsigned kRcodeMask = 0xF;
  constexpr int kAnswerCount = 6;
  pending.answer = Resolver::Answer{.rcode = static_cast<int>(message[3] & kRcodeMask),
                                    .answers = message[kAnswerCount] * 256 + message[kAnswerCount + 1]};
}

void OnAddress(void* argument, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& pending = *static_cast<Pending*>(argument);
  pending.is_done = true;
  pending.status = status;
  if (found == nullptr) return;
  if (found->nodes != nullptr) {
    pending.address.emplace();
    std::memcpy(&*pending.address, found->nodes->ai_addr, found->nodes->ai_addrlen);
  }
  ares_freeaddrinfo(found);
}

}  // namespace

Resolver::Resolver(const std::string& server, bool over_tcp, int64_t timeout_ms, const std::stop_token& stop)
    : deadline_(Clock::now() + std::chrono::milliseconds(timeout_ms)), stop_(stop) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options options{};
  // Answers that are refusals come as they are. Of a server that says nothing the question is asked again meanwhile.
  options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | (over_tcp ? ARES_FLAG_USEVC : 0);
  options.timeout = static_cast<int>(std::max<int64_t>(timeout_ms / 2, 1));
  options.tries = 2;
  if (library != ARES_SUCCESS ||
      ares_init_options(&channel_, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS)
    throw std::runtime_error("cannot set up name resolution");
  if (server.empty()) return;
  if (const int status = ares_set_servers_ports_csv(channel_, server.c_str()); status != ARES_SUCCESS) {
    ares_destroy(channel_);
    throw std::runtime_error("\"" + server + "\" is no name server's address: " + ares_strerror(status));
  }
}

Resolver::~Resolver() { ares_destroy(channel_); }

void Resolver::Run(const std::function<bool()>& done) {
  while (!done() && !stop_.stop_requested()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    if (left <= 0) break;
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const auto wanted = static_cast<unsigned>(ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM));
    std::array<pollfd, ARES_GETSOCK_MAXNUM> entries{};
    nfds_t count = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const bool reads = (wanted & (1U << i)) != 0;
      const bool writes = (wanted & (1U << (i + ARES_GETSOCK_MAXNUM))) != 0;
      if (!reads && !writes) continue;
      const auto events = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
      entries[count++] = {.fd = sockets[static_cast<size_t>(i)], .events = events, .revents = 0};
    }
    ::poll(entries.data(), count, static_cast<int>(std::min(left, kSliceMs)));
    for (nfds_t i = 0; i < count; ++i) {
      const bool reads = (entries[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
      const bool writes = (entries[i].revents & POLLOUT) != 0;
      ares_process_fd(channel_, reads ? entries[i].fd : ARES_SOCKET_BAD, writes ? entries[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // its own timeouts
  }
  if (!done()) ares_cancel(channel_);  // calls back at once: what is pending is done afterwards
}

std::optional<Resolver::Answer> Resolver::Ask(const std::string& name, int type, std::string& error) {
  Pending pending;
  ares_query(channel_, name.c_str(), ns_c_in, type, &OnAnswer, &pending);
  Run([&] { return pending.is_done; });
  if (!pending.answer) error = pending.status == ARES_ECANCELLED ? "no answer in time" : ares_strerror(pending.status);
  return pending.answer;
}

std::optional<sockaddr_storage> Resolver::Resolve(const std::string& host, std::string& error) {
  Pending pending;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &OnAddress, &pending);
  Run([&] { return pending.is_done; });
  if (!pending.address) {
    error = "cannot resolve " + host + ": " +
            (pending.status == ARES_ECANCELLED ? "no answer in time" : ares_strerror(pending.status));
  }
  return pending.address;
}

}  // namespace tidemark::exporter::probes
