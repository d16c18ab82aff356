#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
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
#include "common/http/worker_pool.h"

namespace tidemark::http {

/// The thread that owns every socket of a Server. A connection goes through
///
///   kReading -> kWorking -> kWriting -> kReading …            (keep-alive)
///                        -> kWriting -> kDraining -> closed   (answer given before the request was read whole)
///                        -> kStreaming -> closed              (event stream)
///
/// and each state but kWorking has a deadline. Publish may be called from any thread; all else is the loop's.
class EventLoop {
 public:
  /// `access` outlives the object.
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
    uint32_t also_watched = 0;  // EPOLLOUT while a handshake has to send
    bool in_body = false;
    std::string unread{};  // bytes of a next, pipelined request
    std::string output{};
    size_t output_sent = 0;
    bool close_after_write = false;
    bool drain_after_write = false;
    std::string event_channel{};
    std::shared_ptr<std::atomic<bool>> is_gone{};  // while a worker has its request
    TimePoint deadline{};
    TimePoint waiting_since{};
  };

  /// What a worker or a publisher hands to the loop.
  struct Finished {
    uint64_t id;
    Exchange::Result result;
  };
  struct Event {
    std::string channel;
    std::string text;
  };

  void Run(const std::stop_token& stop);
  void Wake() const;
  void Accept(const UniqueFd& listener);
  void MakeRoom();
  void TakeMail();
  void OnReadable(Connection& connection);
  void OnWritable(Connection& connection);
  void Consume(Connection& connection, std::string_view bytes);
  void Submit(Connection& connection);
  [[nodiscard]] WorkerPool& WorkersFor(const std::string& head) const;
  void AnswerError(Connection& connection, int status, const std::string& detail);
  void StartWriting(Connection& connection, std::string bytes);
  void FinishAnswer(Connection& connection);
  void Watch(const Connection& connection, uint32_t events) const;
  void Close(uint64_t id);
  void CloseExpired();
  [[nodiscard]] int NextTimeoutMs() const;

  Limits limits_;
  Exchange exchange_;
  WebAccess& access_;
  std::vector<UniqueFd> listeners_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::unordered_map<uint64_t, Connection> connections_;
  uint64_t next_id_ = 0;
  size_t event_streams_ = 0;
  bool stopping_ = false;

  std::mutex mail_mutex_;  // guards finished_, events_
  std::vector<Finished> finished_;
  std::vector<Event> events_;

  // Last, so that workers and then the loop stop before what they use goes.
  std::jthread thread_;
  std::array<std::unique_ptr<WorkerPool>, kLaneCount> workers_;  // none for a lane without threads of its own
};

}  // namespace tidemark::http
