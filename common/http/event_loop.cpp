#include "common/http/event_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <new>
#include <stdexcept>
#include <utility>

#include "common/ip_address.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uint64_t kQuitId = 0;
constexpr uint64_t kTimerId = 1;
constexpr uint64_t kFirstListenerId = 2;
constexpr uint64_t kFirstConnectionId = 1024;
constexpr milliseconds kDrainTime{1000};
constexpr milliseconds kStopTime{1000};
constexpr size_t kReadBytes = size_t{16} * 1024;
/// One client may not keep the others longer than this many reads, or writes.
constexpr int kReadsPerTurn = 8;
constexpr int kWritesPerTurn = 8;

std::string AddressText(const sockaddr_storage& address) {
  if (address.ss_family == AF_UNIX) return "unix";
  if (address.ss_family == AF_INET)
    return IpAddressText(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  const std::string text = IpAddressText(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  constexpr std::string_view kMappedV4 = "::ffff:";
  return text.starts_with(kMappedV4) ? text.substr(kMappedV4.size()) : text;
}

void Control(const UniqueFd& epoll, int operation, int fd, uint64_t id, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  ::epoll_ctl(epoll.get(), operation, fd, &event);
}

}  // namespace

EventLoop::EventLoop(std::vector<UniqueFd> listeners, Exchange exchange, WebAccess& access, const Limits& limits)
    : limits_(limits),
      exchange_(std::move(exchange)),
      access_(access),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      quit_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      listeners_(std::move(listeners)),
      next_id_(kFirstConnectionId) {
  if (!epoll_ || !quit_ || !timer_) throw std::runtime_error("cannot create the event loop: " + ErrnoText(errno));
  Control(epoll_, EPOLL_CTL_ADD, quit_.get(), kQuitId, EPOLLIN);
  Control(epoll_, EPOLL_CTL_ADD, timer_.get(), kTimerId, EPOLLIN | EPOLLET);
  constexpr int kOn = 1;
  for (const UniqueFd& listener : listeners_)  // whose connections have it too
    ::setsockopt(listener.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
  for (size_t i = 0; i < listeners_.size(); ++i)
    Control(epoll_, EPOLL_CTL_ADD, listeners_[i].get(), kFirstListenerId + i, EPOLLIN | EPOLLONESHOT);
  size_t threads = 1;
  for (size_t lane = 0; lane < kLaneCount; ++lane) {
    lanes_[lane].threads = limits_.workers[lane];
    threads += limits_.workers[lane];
    has_lanes_ = has_lanes_ || (lane != static_cast<size_t>(Lane::kQuick) && limits_.workers[lane] > 0);
  }
  try {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  } catch (...) {
    Quit();
    throw;
  }
}

EventLoop::~EventLoop() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    listeners_.clear();
    something_ended_.wait_for(lock, kStopTime, [&] { return !IsAnswering(); });
  }
  Quit();
}

void EventLoop::Quit() {
  {
    const std::lock_guard lock(mutex_);
    quitting_ = true;
  }
  constexpr uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t written = ::write(quit_.get(), &kOne, sizeof(kOne));
}

void EventLoop::Run() {
  while (true) {
    epoll_event event{};
    if (::epoll_wait(epoll_.get(), &event, 1, -1) < 1) continue;  // a signal
    std::vector<std::unique_ptr<BodyStream>> abandoned;           // goes after the lock: much may be left of an answer
    std::unique_lock lock(mutex_);
    if (quitting_) return;
    Handle(event.data.u64, event.events);
    RunJobs(lock);
    abandoned.swap(abandoned_);
    if (stopping_) something_ended_.notify_all();
    if (quitting_) return;
  }
}

void EventLoop::Handle(uint64_t id, uint32_t events) {
  if (id == kTimerId) return CloseExpired();
  if (id < kFirstConnectionId) return Accept(id - kFirstListenerId);
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;  // closed since the event came
  Connection& connection = it->second;
  const bool is_working = connection.phase == Phase::kWorking;
  if (is_working && (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) *connection.is_gone = true;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    Close(id);  // the answer for a client that is gone finds no connection and is dropped
  } else if (is_working) {
    return;  // it may have closed its sending side only: the answer goes out all the same
  } else if (connection.phase == Phase::kWriting) {
    OnWritable(connection);
  } else {
    OnReadable(connection);
  }
}

/// Runs jobs, with `lock` open meanwhile, until none is left that its lane has a thread for.
void EventLoop::RunJobs(std::unique_lock<std::mutex>& lock) {
  while (std::optional<Job> job = TakeJob()) {
    const uint64_t id = job->id;
    const Lane lane = job->lane;
    lock.unlock();
    Exchange::Result result = Perform(std::move(*job));
    lock.lock();
    --lanes_[static_cast<size_t>(lane)].running;
    Deliver(id, std::move(result));
    if (quitting_) return;
  }
}

Exchange::Result EventLoop::Perform(Job job) const {
  if (job.rest) return exchange_.Continue(std::move(job.rest), job.close);
  return exchange_.Run(std::move(job.head), std::move(job.body), std::move(job.remote_address),
                       std::move(job.client_gone));
}

std::optional<EventLoop::Job> EventLoop::TakeJob() {
  for (LaneState& lane : lanes_) {
    if (lane.waiting.empty() || lane.running == lane.threads) continue;
    Job job = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    ++lane.running;
    return job;
  }
  return std::nullopt;
}

void EventLoop::Deliver(uint64_t id, Exchange::Result result) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return abandoned_.push_back(std::move(result.rest));
  Connection& connection = it->second;
  connection.close_after_write = result.close || stopping_;
  if (!result.event_channel.empty()) {
    if (event_streams_ >= limits_.event_streams) {
      return AnswerError(connection, 503, "too many clients are listening for events");
    }
    ++event_streams_;
    connection.event_channel = std::move(result.event_channel);
  }
  connection.rest = std::move(result.rest);
  StartWriting(connection, std::move(result.bytes));
}

void EventLoop::Publish(std::string_view channel, std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::vector<uint64_t> listeners;
  for (const auto& [id, connection] : connections_) {
    if (connection.event_channel == channel) listeners.push_back(id);
  }
  for (const uint64_t id : listeners) {
    Connection& connection = connections_.at(id);
    if (connection.output.size() - connection.output_sent + text.size() > limits_.unread_event_bytes) {
      Close(id);
    } else {
      StartWriting(connection, std::string(text));
    }
  }
}

bool EventLoop::IsAnswering() const {
  return std::ranges::any_of(connections_, [](const auto& entry) {
    return entry.second.phase == Phase::kWorking || entry.second.phase == Phase::kWriting;
  });
}

void EventLoop::Accept(size_t index) {
  if (index >= listeners_.size()) return;  // stopped since the event came
  const UniqueFd& listener = listeners_[index];
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  UniqueFd socket(
      ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  // Out of descriptors: the listener stays readable, so make room instead of spinning.
  if (!socket && (errno == EMFILE || errno == ENFILE)) MakeRoom();
  // Another thread takes the next.
  Control(epoll_, EPOLL_CTL_MOD, listener.get(), kFirstListenerId + index, EPOLLIN | EPOLLONESHOT);
  if (!socket) return;
  if (connections_.size() >= limits_.connections) MakeRoom();
  const uint64_t id = next_id_++;
  std::optional<Transport> transport;
  try {
    transport.emplace(std::move(socket), access_.Current()->tls.get());
  } catch (const std::bad_alloc&) {
    return;  // no memory for another handshake: this client goes, the others stay
  }
  Connection connection{.socket = std::move(*transport),
                        .id = id,
                        .remote_address = AddressText(address),
                        .framer = RequestFramer(limits_)};
  connection.waiting_since = steady_clock::now();
  connection.deadline = connection.waiting_since + limits_.head_time;
  // Its request has mostly come by now.
  OnReadable(connections_.emplace(id, std::move(connection)).first->second);
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
      return Watch(connection, EPOLLIN | EPOLLRDHUP | also);
    }
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Close(id);
    // Bytes from an event-stream client or after an error mean nothing; they are read to see the end.
    if (connection.phase == Phase::kDraining || connection.phase == Phase::kStreaming) continue;
    Consume(connection, std::string_view(buffer.data(), static_cast<size_t>(got)));
    if (!connections_.contains(id) || connection.phase != Phase::kReading) return;
  }
  Watch(connection, EPOLLIN | EPOLLRDHUP);
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

/// Puts the request in line; the calling thread runs it next unless its lane is busy.
void EventLoop::Submit(Connection& connection) {
  RequestHead head = connection.framer.TakeHead();
  const Lane lane = LaneOf(head);
  std::deque<Job>& waiting = lanes_[static_cast<size_t>(lane)].waiting;
  if (waiting.size() >= limits_.queued_requests) {
    return AnswerError(connection, 503, "the server has too many requests waiting; try again in a moment");
  }
  connection.phase = Phase::kWorking;
  connection.is_gone = std::make_shared<std::atomic<bool>>(false);
  // A quick answer is there before anybody would look whether the client still waits for it.
  if (lane != Lane::kQuick) Watch(connection, EPOLLRDHUP);
  waiting.push_back({.id = connection.id,
                     .lane = lane,
                     .head = std::move(head),
                     .body = connection.framer.TakeBody(),
                     .remote_address = connection.remote_address,
                     .client_gone = connection.is_gone});
}

Lane EventLoop::LaneOf(const RequestHead& head) const {
  const Lane lane = has_lanes_ ? exchange_.LaneOf(head) : Lane::kQuick;
  return lanes_[static_cast<size_t>(lane)].threads > 0 ? lane : Lane::kQuick;
}

void EventLoop::AnswerError(Connection& connection, int status, const std::string& detail) {
  connection.close_after_write = true;
  connection.drain_after_write = true;
  StartWriting(connection, Exchange::ErrorAnswer(status, detail));
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
  if (connection.rest && connection.output_sent == connection.output.size()) return SubmitRest(connection);
  for (int turn = 0; connection.output_sent < connection.output.size(); ++turn) {
    if (turn == kWritesPerTurn) return Watch(connection, EPOLLOUT);
    const ssize_t sent = connection.socket.Send(std::string_view(connection.output).substr(connection.output_sent));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Watch(connection, EPOLLOUT);
    if (sent < 0) return Close(connection.id);
    connection.output_sent += static_cast<size_t>(sent);
    connection.deadline = steady_clock::now() + limits_.write_time;
  }
  // The next piece is made when there is room for it, by whoever is told: this thread may have a request to take.
  if (connection.rest) return Watch(connection, EPOLLOUT);
  FinishAnswer(connection);
}

/// Not into its request's lane, where it could wait for a long one: to make a piece is quick.
void EventLoop::SubmitRest(Connection& connection) {
  connection.phase = Phase::kWorking;
  lanes_[static_cast<size_t>(Lane::kQuick)].waiting.push_back(
      {.id = connection.id, .rest = std::move(connection.rest), .close = connection.close_after_write});
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
    return Watch(connection, EPOLLIN | EPOLLRDHUP);
  }
  if (connection.drain_after_write) {
    // Closing with unread bytes would send a reset, and the client would never see the answer.
    connection.socket.ShutdownWrite();
    connection.phase = Phase::kDraining;
    connection.deadline = now + kDrainTime;
    return Watch(connection, EPOLLIN | EPOLLRDHUP);
  }
  if (connection.close_after_write) return Close(connection.id);
  connection.phase = Phase::kReading;
  connection.framer.Reset();
  connection.in_body = false;
  connection.deadline = now + limits_.idle_time;
  if (!connection.unread.empty()) {
    const uint64_t id = connection.id;
    Consume(connection, std::exchange(connection.unread, {}));
    if (!connections_.contains(id) || connection.phase != Phase::kReading) return;
  }
  Watch(connection, EPOLLIN | EPOLLRDHUP);
}

/// Waits for one of `events`, or for the connection's deadline. The last thing to do with it before the lock goes.
void EventLoop::Watch(Connection& connection, uint32_t events) {
  if (connection.phase != Phase::kWorking) SetTimer(connection.deadline);
  const int operation = std::exchange(connection.is_watched, true) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  Control(epoll_, operation, connection.socket.fd(), connection.id, events | EPOLLONESHOT);
}

/// Has CloseExpired called at `when` or before. Deadlines mostly move away, so the timer is left alone for most.
void EventLoop::SetTimer(TimePoint when) {
  if (when >= timer_at_) return;
  timer_at_ = when;
  const auto since_start = when.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_start);
  itimerspec timer{};
  timer.it_value.tv_sec = seconds.count();
  timer.it_value.tv_nsec = std::chrono::nanoseconds(since_start - seconds).count();
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &timer, nullptr);
}

void EventLoop::Close(uint64_t id) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  if (!it->second.event_channel.empty()) --event_streams_;
  if (it->second.rest) abandoned_.push_back(std::move(it->second.rest));
  connections_.erase(it);
}

void EventLoop::CloseExpired() {
  const TimePoint now = steady_clock::now();
  std::vector<uint64_t> expired;
  TimePoint next = TimePoint::max();
  for (const auto& [id, connection] : connections_) {
    if (connection.phase == Phase::kWorking) continue;
    if (connection.deadline <= now) {
      expired.push_back(id);
    } else {
      next = std::min(next, connection.deadline);
    }
  }
  timer_at_ = TimePoint::max();
  SetTimer(next);
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
