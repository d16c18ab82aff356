#pragma once

#include <ares.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace tidemark::exporter::probes {

/// A c-ares channel: questions to name servers that end at a deadline.
class Resolver {
 public:
  /// `server`: host:port in c-ares's form, or empty for those of the system. \throw std::runtime_error
  Resolver(const std::string& server, bool over_tcp, int64_t timeout_ms, const std::stop_token& stop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// What a name server answered, whatever it says: the code of section 4.1.1 of RFC 1035, and how many answers.
  struct Answer {
    int rcode = 0;
    int answers = 0;
  };
  /// Empty, with the reason in `error`, when no answer came.
  std::optional<Answer> Ask(const std::string& name, int type, std::string& error);

  /// The first address of a host, by hosts file or name servers. Empty, with the reason in `error`.
  std::optional<sockaddr_storage> Resolve(const std::string& host, std::string& error);

 private:
  /// Until done() or the deadline.
  void Run(const std::function<bool()>& done);

  ares_channel channel_ = nullptr;
  const std::chrono::steady_clock::time_point deadline_;
  const std::stop_token stop_;
};

}  // namespace tidemark::exporter::probes
