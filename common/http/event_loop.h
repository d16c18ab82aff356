#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/file.h"
#include "common/http/exchange.h"
#include "common/http/limits.h"
#include "common/http/request_framer.h"
#include "common/http/transport.h"

namespace tidemark::http {

/// The threads of a Server, which take turns at its sockets: the one to which the kernel gives a socket that is ready
/// reads it and, when that makes a request whole, runs its handler and sends the answer itself, while another waits
/// for the next socket (Schmidt et al., "Leader/Followers", PLoP 2000). A request thus costs one wake-up. There is one
/// thread more than handlers may run at once, so that however long these take, sockets are looked after.
///
/// Every descriptor is watched for one event at a time (EPOLLONESHOT); who has handled it watches it again. Of the
/// waiting threads the kernel wakes the one that came last, whose stack and heap are still in the caches.
///
/// A connection goes through
///
///   kReading -> kWorking -> kWriting -> kReading …            (keep-alive)
///                        -> kWriting -> kWorking -> …         (a body that is made while it is sent: its next piece)
///                        -> kWriting -> kDraining -> closed   (answer given before the request was read whole)
///                        -> kStreaming -> closed              (event stream)
///
/// and each state but kWorking has a deadline. Publish may be called from any thread.
class EventLoop {
 public:
  /// `access` outlives the object.
  /// \throw std::runtime_error when the kernel has no more descriptors or threads
  EventLoop(std::vector<UniqueFd> listeners, Exchange exchange, WebAccess& access, const Limits& limits);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void Publish(std::string_view channel, std::string_view text);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Phase { kReading, kWorking, kWriting, kDraining, kStreaming };

  struct Connection {
    Transport socket;
    uint64_t id = 0;
    std::string remote_address;
    Phase phase = Phase::kReading;
    RequestFramer framer;
    bool is_watched = false;  // by epoll_, since it was first waited for
    bool in_body = false;
    std::string unread{};  // bytes of a next, pipelined request
    std::string output{};
    size_t output_sent = 0;
    std::unique_ptr<BodyStream> rest{};  // of the answer, once the output is sent
    bool close_after_write = false;
    bool drain_after_write = false;
    std::string event_channel{};
    std::shared_ptr<std::atomic<bool>> is_gone{};  // while kWorking
    TimePoint deadline{};
    TimePoint waiting_since{};
  };

  /// A whole request that waits for its lane, or an answer that waits for its next piece.
  struct Job {
    uint64_t id = 0;  // of its connection
    Lane lane = Lane::kQuick;
    RequestHead head{};
    std::string body{};
    std::string remote_address{};
    std::shared_ptr<const std::atomic<bool>> client_gone{};
    std::unique_ptr<BodyStream> rest{};  // not null: nothing else counts
    bool close = false;
  };
  struct LaneState {
    size_t threads = 0;  // that may run its handlers at once
    size_t running = 0;
    std::deque<Job> waiting;
  };

  void Run();
  void Quit();
  // All below are called with mutex_ locked.
  void Handle(uint64_t id, uint32_t events);
  void RunJobs(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] Exchange::Result Perform(Job job) const;
  std::optional<Job> TakeJob();
  void Deliver(uint64_t id, Exchange::Result result);
  [[nodiscard]] bool IsAnswering() const;
  void Accept(size_t listener);
  void MakeRoom();
  void OnReadable(Connection& connection);
  void OnWritable(Connection& connection);
  void Consume(Connection& connection, std::string_view bytes);
  void Submit(Connection& connection);
  [[nodiscard]] Lane LaneOf(const RequestHead& head) const;
  void AnswerError(Connection& connection, int status, const std::string& detail);
  void StartWriting(Connection& connection, std::string bytes);
  void SubmitRest(Connection& connection);
  void FinishAnswer(Connection& connection);
  void Watch(Connection& connection, uint32_t events);
  void Close(uint64_t id);
  void CloseExpired();
  void SetTimer(TimePoint when);

  const Limits limits_;
  Exchange exchange_;
  WebAccess& access_;
  bool has_lanes_ = false;  // besides kQuick
  UniqueFd epoll_;
  UniqueFd quit_;   // readable, and so waking every thread, once they are to end
  UniqueFd timer_;  // readable at timer_at_

  std::mutex mutex_;  // guards all below
  std::vector<UniqueFd> listeners_;
  std::array<LaneState, kLaneCount> lanes_;
  std::unordered_map<uint64_t, Connection> connections_;
  std::vector<std::unique_ptr<BodyStream>> abandoned_;  // whose clients went
  uint64_t next_id_ = 0;
  size_t event_streams_ = 0;
  TimePoint timer_at_ = TimePoint::max();  // no deadline is earlier
  bool stopping_ = false;
  bool quitting_ = false;
  std::condition_variable something_ended_;  // while stopping_

  std::vector<std::jthread> threads_;  // last, so that they end before what they use goes
};

}  // namespace tidemark::http
