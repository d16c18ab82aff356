#include "common/http/event_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <optional>
#include <stdexcept>

#include "common/ip_address.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uint64_t kWakeId = 0;
constexpr uint64_t kFirstListenerId = 1;
constexpr uint64_t kFirstConnectionId = 1024;
constexpr milliseconds kDrainTime{1000};
constexpr milliseconds kStopTime{1000};
constexpr size_t kReadBytes = size_t{16} * 1024;
/// One readable client may not keep the loop longer than this many reads.
constexpr int kReadsPerTurn = 8;

std::string AddressText(const sockaddr_storage& address) {
  if (address.ss_family == AF_UNIX) return "unix";
  if (address.ss_family == AF_INET)
    return IpAddressText(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  const std::string text = IpAddressText(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  constexpr std::string_view kMappedV4 = "::ffff:";
  return text.starts_with(kMappedV4) ? text.substr(kMappedV4.size()) : text;
}

}  // namespace

EventLoop::EventLoop(std::vector<UniqueFd> listeners, Exchange exchange, WebAccess& access, const Limits& limits)
    : limits_(limits),
      exchange_(std::move(exchange)),
      access_(access),
      listeners_(std::move(listeners)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      next_id_(kFirstConnectionId) {
  if (!epoll_ || !wake_) throw std::runtime_error("cannot create the event loop: " + ErrnoText(errno));
  const auto add = [&](int fd, uint64_t id) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = id;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  };
  add(wake_.get(), kWakeId);
  for (size_t i = 0; i < listeners_.size(); ++i) add(listeners_[i].get(), kFirstListenerId + i);
  for (size_t lane = 0; lane < kLaneCount; ++lane) {
    if (const size_t threads = limits_.workers[lane]; threads > 0)
      workers_[lane] = std::make_unique<WorkerPool>(threads, limits_.queued_requests);
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

EventLoop::~EventLoop() {
  thread_.request_stop();
  Wake();
  thread_.join();
  for (auto& workers : workers_) workers.reset();
}

void EventLoop::Wake() const {
  constexpr uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &kOne, sizeof(kOne));
}

void EventLoop::Publish(std::string_view channel, std::string_view text) {
  {
    const std::lock_guard lock(mail_mutex_);
    events_.push_back({std::string(channel), std::string(text)});
  }
  Wake();
}

void EventLoop::Run(const std::stop_token& stop) {
  std::array<epoll_event, 64> ready{};
  TimePoint stop_deadline = TimePoint::max();
  while (true) {
    if (stop.stop_requested() && stop_deadline == TimePoint::max()) {
      stopping_ = true;
      stop_deadline = steady_clock::now() + kStopTime;
      listeners_.clear();
    }
    if (stop_deadline != TimePoint::max()) {
      const bool answering = std::ranges::any_of(connections_, [](const auto& entry) {
        return entry.second.phase == Phase::kWorking || entry.second.phase == Phase::kWriting;
      });
      if (!answering || steady_clock::now() >= stop_deadline) break;
    }
    const int timeout = stop_deadline == TimePoint::max() ? NextTimeoutMs() : 20;
    const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), timeout);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<size_t>(i)];
      const uint64_t id = event.data.u64;
      if (id == kWakeId) {
        uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof(ignored));
        continue;
      }
      if (id < kFirstConnectionId) {
        if (id - kFirstListenerId < listeners_.size()) Accept(listeners_[id - kFirstListenerId]);
        continue;
      }
      const auto it = connections_.find(id);
      if (it == connections_.end()) continue;
      if (it->second.phase == Phase::kWorking && (event.events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0)
        *it->second.is_gone = true;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) {
        Close(id);  // a worker's answer to a client that is gone finds no connection and is dropped
      } else if (it->second.phase == Phase::kWorking) {
        Watch(it->second, 0);  // it may have closed its sending side only: the answer goes out all the same
      } else if (it->second.phase == Phase::kWriting) {
        OnWritable(it->second);
      } else {
        OnReadable(it->second);
      }
    }
    TakeMail();
    CloseExpired();
  }
  connections_.clear();
}

int EventLoop::NextTimeoutMs() const {
  TimePoint next = TimePoint::max();
  for (const auto& [id, connection] : connections_) {
    if (connection.phase != Phase::kWorking) next = std::min(next, connection.deadline);
  }
  if (next == TimePoint::max()) return -1;
  const auto wait = std::chrono::duration_cast<milliseconds>(next - steady_clock::now()).count() + 1;
  return static_cast<int>(std::clamp<int64_t>(wait, 0, 60'000));
}

void EventLoop::Accept(const UniqueFd& listener) {
  while (true) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    UniqueFd socket(
        ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      // Out of descriptors: the listener stays readable, so make room instead of spinning.
      if (errno == EMFILE || errno == ENFILE) MakeRoom();
      return;
    }
    if (connections_.size() >= limits_.connections) MakeRoom();
    constexpr int kOn = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
    const uint64_t id = next_id_++;
    std::optional<Transport> transport;
    try {
      transport.emplace(std::move(socket), access_.Current()->tls.get());
    } catch (const std::bad_alloc&) {
      continue;  // no memory for another handshake: this client goes, the others stay
    }
    Connection connection{.socket = std::move(*transport),
                          .id = id,
                          .remote_address = AddressText(address),
                          .framer = RequestFramer(limits_)};
    connection.waiting_since = steady_clock::now();
    connection.deadline = connection.waiting_since + limits_.head_time;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.socket.fd(), &event) != 0) continue;
    connections_.emplace(id, std::move(connection));
  }
}

/// Closes the connection that has waited longest for its client: idle, or slow with its head, body or answer.
void EventLoop::MakeRoom() {
  uint64_t oldest = 0;
  TimePoint since = TimePoint::max();
  for (const auto& [id, connection] : connections_) {
    if (connection.phase == Phase::kWorking || connection.waiting_since >= since) continue;
    since = connection.waiting_since;
    oldest = id;
  }
  if (oldest != 0) Close(oldest);
}

void EventLoop::OnReadable(Connection& connection) {
  const uint64_t id = connection.id;
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    const ssize_t got = connection.socket.Receive(buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      // A handshake may have to send first.
      const uint32_t also = connection.socket.receive_wants_write() ? uint32_t{EPOLLOUT} : 0;
      if (also != connection.also_watched) Watch(connection, EPOLLIN | EPOLLRDHUP | also);
      connection.also_watched = also;
      return;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (connection.phase != Phase::kWorking) Close(id);
      return;
    }
    // Bytes from an event-stream client or after an error mean nothing; they are read to see the end.
    if (connection.phase == Phase::kDraining || connection.phase == Phase::kStreaming) continue;
    Consume(connection, std::string_view(buffer.data(), static_cast<size_t>(got)));
    if (connections_.find(id) == connections_.end() || connection.phase != Phase::kReading) return;
  }
}

void EventLoop::Consume(Connection& connection, std::string_view bytes) {
  RequestFramer& framer = connection.framer;
  if (framer.idle()) {
    connection.waiting_since = steady_clock::now();
    connection.deadline = connection.waiting_since + limits_.head_time;
  }
  const size_t used = framer.Feed(bytes);
  connection.unread.assign(bytes.substr(used));
  switch (framer.state()) {
    case RequestFramer::State::kHead:
      return;
    case RequestFramer::State::kBody:
      if (!connection.in_body) {
        connection.in_body = true;
        connection.deadline = steady_clock::now() + limits_.body_time;
        if (framer.TakeExpectContinue()) {
          constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
          (void)connection.socket.Send(kContinue);
        }
      }
      return;
    case RequestFramer::State::kComplete:
      Submit(connection);
      return;
    case RequestFramer::State::kError:
      AnswerError(connection, framer.error_status(), framer.error_detail());
      return;
  }
}

void EventLoop::Submit(Connection& connection) {
  const uint64_t id = connection.id;
  connection.phase = Phase::kWorking;
  Watch(connection, EPOLLRDHUP);
  connection.is_gone = std::make_shared<std::atomic<bool>>(false);
  std::string head = connection.framer.TakeHead();
  WorkerPool& workers = WorkersFor(head);
  auto task = [this, id, head = std::move(head), body = connection.framer.TakeBody(),
               remote = connection.remote_address, is_gone = connection.is_gone]() mutable {
    Exchange::Result result = exchange_.Run(head, std::move(body), std::move(remote), std::move(is_gone));
    {
      const std::lock_guard lock(mail_mutex_);
      finished_.push_back({id, std::move(result)});
    }
    Wake();
  };
  if (!workers.TrySubmit(std::move(task))) {
    AnswerError(connection, 503, "the server has too many requests waiting; try again in a moment");
  }
}

WorkerPool& EventLoop::WorkersFor(const std::string& head) const {
  const bool has_lanes =
      std::any_of(workers_.begin() + 1, workers_.end(), [](const auto& workers) { return workers != nullptr; });
  const auto lane = static_cast<size_t>(has_lanes ? exchange_.LaneOf(head) : Lane::kQuick);
  return workers_[lane] ? *workers_[lane] : *workers_[static_cast<size_t>(Lane::kQuick)];
}

void EventLoop::AnswerError(Connection& connection, int status, const std::string& detail) {
  connection.close_after_write = true;
  connection.drain_after_write = true;
  StartWriting(connection, Exchange::ErrorAnswer(status, detail));
}

void EventLoop::TakeMail() {
  std::vector<Finished> finished;
  std::vector<Event> events;
  {
    const std::lock_guard lock(mail_mutex_);
    finished.swap(finished_);
    events.swap(events_);
  }
  for (Finished& done : finished) {
    const auto it = connections_.find(done.id);
    if (it == connections_.end()) continue;
    Connection& connection = it->second;
    connection.close_after_write = done.result.close || stopping_;
    if (!done.result.event_channel.empty()) {
      if (event_streams_ >= limits_.event_streams) {
        AnswerError(connection, 503, "too many clients are listening for events");
        continue;
      }
      ++event_streams_;
      connection.event_channel = std::move(done.result.event_channel);
    }
    StartWriting(connection, std::move(done.result.bytes));
  }
  for (const Event& event : events) {
    std::vector<uint64_t> listeners;
    for (const auto& [id, connection] : connections_) {
      if (connection.event_channel == event.channel) listeners.push_back(id);
    }
    for (const uint64_t id : listeners) {
      Connection& connection = connections_.at(id);
      if (connection.output.size() - connection.output_sent + event.text.size() > limits_.unread_event_bytes) {
        Close(id);
        continue;
      }
      StartWriting(connection, event.text);
    }
  }
}

void EventLoop::StartWriting(Connection& connection, std::string bytes) {
  if (connection.output_sent == connection.output.size()) {
    connection.output = std::move(bytes);
    connection.output_sent = 0;
    connection.waiting_since = steady_clock::now();
    connection.deadline = connection.waiting_since + limits_.write_time;
  } else {
    connection.output += bytes;
  }
  connection.phase = Phase::kWriting;
  OnWritable(connection);
}

void EventLoop::OnWritable(Connection& connection) {
  while (connection.output_sent < connection.output.size()) {
    const ssize_t sent = connection.socket.Send(std::string_view(connection.output).substr(connection.output_sent));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      Watch(connection, EPOLLOUT);
      return;
    }
    if (sent < 0) {
      Close(connection.id);
      return;
    }
    connection.output_sent += static_cast<size_t>(sent);
    connection.deadline = steady_clock::now() + limits_.write_time;
  }
  FinishAnswer(connection);
}

void EventLoop::FinishAnswer(Connection& connection) {
  connection.output.clear();
  connection.output.shrink_to_fit();
  connection.output_sent = 0;
  const TimePoint now = steady_clock::now();
  connection.waiting_since = now;
  if (!connection.event_channel.empty()) {
    connection.phase = Phase::kStreaming;
    connection.deadline = TimePoint::max();
    // A listener is never the one that has waited longest: it waits for us.
    connection.waiting_since = TimePoint::max();
    Watch(connection, EPOLLIN | EPOLLRDHUP);
    return;
  }
  if (connection.drain_after_write) {
    // Closing with unread bytes would send a reset, and the client would never see the answer.
    connection.socket.ShutdownWrite();
    connection.phase = Phase::kDraining;
    connection.deadline = now + kDrainTime;
    Watch(connection, EPOLLIN | EPOLLRDHUP);
    return;
  }
  if (connection.close_after_write) {
    Close(connection.id);
    return;
  }
  connection.phase = Phase::kReading;
  connection.framer.Reset();
  connection.in_body = false;
  connection.deadline = now + limits_.idle_time;
  Watch(connection, EPOLLIN | EPOLLRDHUP);
  if (!connection.unread.empty()) {
    const std::string pipelined = std::move(connection.unread);
    connection.unread.clear();
    Consume(connection, pipelined);
  }
}

void EventLoop::Watch(const Connection& connection, uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = connection.id;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.fd(), &event);
}

void EventLoop::Close(uint64_t id) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  if (!it->second.event_channel.empty()) --event_streams_;
  connections_.erase(it);
}

void EventLoop::CloseExpired() {
  const TimePoint now = steady_clock::now();
  std::vector<uint64_t> expired;
  for (const auto& [id, connection] : connections_) {
    if (connection.phase != Phase::kWorking && connection.deadline <= now) expired.push_back(id);
  }
  for (const uint64_t id : expired) {
    Connection& connection = connections_.at(id);
    if (connection.phase == Phase::kReading && !connection.framer.idle()) {
      AnswerError(connection, 408, "the request did not arrive in time");
    } else {
      Close(id);
    }
  }
}

}  // namespace tidemark::http
