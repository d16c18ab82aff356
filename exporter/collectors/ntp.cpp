// What a local NTP server says of the time, by one query (RFC 5905, and RFC 4330 for the arithmetic of a client).

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>

#include "common/duration.h"
#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kServer = "collector.ntp.server";
constexpr const char* kPort = "collector.ntp.server-port";
constexpr const char* kVersion = "collector.ntp.protocol-version";
constexpr const char* kIsLocal = "collector.ntp.server-is-local";
constexpr const char* kTtl = "collector.ntp.ip-ttl";
constexpr const char* kMaxDistance = "collector.ntp.max-distance";
constexpr const char* kTolerance = "collector.ntp.local-offset-tolerance";

constexpr FlagSpec kFlags[] = {
    {kServer, "127.0.0.1", "NTP server to ask; its address, of this host unless server-is-local is given"},
    {kPort, "123", "UDP port of the NTP server"},
    {kVersion, "4", "NTP protocol version: 2, 3 or 4"},
    {kIsLocal, "false", "Certify that the server is not a public one", true},
    {kTtl, "1", "IP TTL of the query"},
    {kMaxDistance, "3.46608s", "Largest distance to the root that is sane"},
    {kTolerance, "1ms", "Largest offset between local clock and server that is sane"},
};

/// Seconds of an NTP time stamp: 32 bits of seconds since 1900, 32 of their fraction (RFC 5905, section 6).
constexpr double kFraction = 4294967296.0;
/// From 1900 to 1970.
constexpr uint64_t kUnixEpochSeconds = 2'208'988'800;
constexpr double kDaySeconds = 86'400;

/// RFC 5905, figure 8, in network order.
struct Packet {
  uint8_t leap_version_mode = 0;
  uint8_t stratum = 0;
  uint8_t poll = 0;
  uint8_t precision = 0;
  uint32_t root_delay = 0;
  uint32_t root_dispersion = 0;
  uint32_t reference_id = 0;
  uint64_t reference_time = 0;
  uint64_t origin_time = 0;
  uint64_t receive_time = 0;
  uint64_t transmit_time = 0;
};
static_assert(sizeof(Packet) == 48);

constexpr uint8_t kClient = 3;
constexpr uint8_t kServerMode = 4;
constexpr uint8_t kModeMask = 7;
constexpr unsigned kVersionShift = 3;
constexpr unsigned kLeapShift = 6;
constexpr unsigned kNotInSync = 3;

uint64_t NowNtp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  constexpr int64_t kNsPerSecond = 1'000'000'000;
  const auto fraction = static_cast<double>(ns % kNsPerSecond) / static_cast<double>(kNsPerSecond) * kFraction;
  return ((static_cast<uint64_t>(ns / kNsPerSecond) + kUnixEpochSeconds) << 32U) + static_cast<uint64_t>(fraction);
}

uint64_t FromNetwork(uint64_t value) {
  return (static_cast<uint64_t>(ntohl(static_cast<uint32_t>(value))) << 32U) |
         ntohl(static_cast<uint32_t>(value >> 32U));
}

/// Seconds from `from` to `to`, which may be before it.
double Difference(uint64_t to, uint64_t from) {
  return static_cast<double>(static_cast<int64_t>(to - from)) / kFraction;
}

/// Seconds of 16 bits and 16 of their fraction.
double ShortSeconds(uint32_t value) {
  constexpr double kShortFraction = 65536.0;
  return static_cast<double>(ntohl(value)) / kShortFraction;
}

/// An answer, in seconds.
struct Answer {
  unsigned stratum = 0;
  unsigned leap = 0;
  double time_seconds = 0;       ///< when it was sent, since 1900
  double reference_seconds = 0;  ///< likewise; when the server's clock was set last
  double root_delay = 0;
  double root_dispersion = 0;
  double round_trip = 0;
  double offset = 0;     ///< of the server's clock to ours
  double min_error = 0;  ///< by how much the clocks contradict causality

  /// Whether a client may use it (RFC 5905, sections 10 and 11.2; the bounds are those of its figure 7 and appendix
  /// A.5.2).
  [[nodiscard]] bool IsValid() const {
    constexpr unsigned kMaxStratum = 16;
    constexpr double kMaxPollSeconds = 131'072;
    constexpr double kMaxDispersion = 16;
    return stratum > 0 && stratum < kMaxStratum && leap != kNotInSync && time_seconds >= reference_seconds &&
           time_seconds - reference_seconds <= kMaxPollSeconds && root_delay / 2 + root_dispersion <= kMaxDispersion;
  }
};

class NtpCollector final : public Collector {
 public:
  explicit NtpCollector(const CollectorContext& context)
      : server_(context.Flag(kServer)),
        port_(context.Flag(kPort)),
        is_local_(context.Switch(kIsLocal)),
        version_(Number(context, kVersion, 2, 4)),
        ttl_(Number(context, kTtl, 0, 255)),
        max_distance_(Seconds(context, kMaxDistance)),
        tolerance_(Seconds(context, kTolerance)) {
    constexpr uint64_t kMaxPort = 65'535;
    Number(context, kPort, 1, kMaxPort);
    if (!is_local_ && server_ != "::1" && !server_.starts_with("127."))
      throw std::invalid_argument("--" + std::string(kServer) + " must be an address of this host, or give --" +
                                  kIsLocal);
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    Answer answer;
    try {
      answer = Ask();
    } catch (const std::runtime_error& error) {
      return CollectStatus::Failed("no NTP answer from " + server_ + " port " + port_ + ": " + error.what());
    }
    const auto gauge = [&](const char* name, const char* help, double value) {
      writer.Single(name, help, MetricType::kGauge, value);
    };
    gauge("node_ntp_stratum", "NTPD stratum.", answer.stratum);
    gauge("node_ntp_leap", "NTPD leap second indicator, 2 bits.", answer.leap);
    gauge("node_ntp_rtt_seconds", "RTT to NTPD.", answer.round_trip);
    gauge("node_ntp_offset_seconds", "ClockOffset between NTP and local clock.", answer.offset);
    gauge("node_ntp_reference_timestamp_seconds", "NTPD ReferenceTime, UNIX timestamp.",
          std::max(0.0, answer.reference_seconds - static_cast<double>(kUnixEpochSeconds)));
    gauge("node_ntp_root_delay_seconds", "NTPD RootDelay.", answer.root_delay);
    gauge("node_ntp_root_dispersion_seconds", "NTPD RootDispersion.", answer.root_dispersion);
    gauge("node_ntp_sanity", "NTPD sanity according to RFC5905 heuristics and configured limits.",
          IsSane(answer) ? 1 : 0);
    return CollectStatus::Ok();
  }

 private:
  static uint64_t Number(const CollectorContext& context, const char* flag, uint64_t least, uint64_t most) {
    const auto number = procfs::ParseUnsigned(context.Flag(flag));
    if (!number || *number < least || *number > most) {
      throw std::invalid_argument("--" + std::string(flag) + " must be a number from " + std::to_string(least) +
                                  " to " + std::to_string(most));
    }
    return *number;
  }

  static double Seconds(const CollectorContext& context, const char* flag) {
    const auto seconds = ParseGoDurationSeconds(context.Flag(flag));
    if (!seconds) throw std::invalid_argument("--" + std::string(flag) + " is not a duration like 1ms or 3.5s");
    return *seconds;
  }

  /// \throw std::runtime_error
  [[nodiscard]] UniqueFd Connect() const {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV | (is_local_ ? 0 : AI_NUMERICHOST);
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(server_.c_str(), port_.c_str(), &hints, &found); error != 0)
      throw std::runtime_error(::gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    UniqueFd fd(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    constexpr timeval kTimeout{.tv_sec = 1, .tv_usec = 0};
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof(kTimeout)) != 0)
      throw std::runtime_error(ErrnoText(errno));
    if (const int ttl = static_cast<int>(ttl_); ttl > 0 && found->ai_family == AF_INET)
      ::setsockopt(fd.get(), IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
    if (::connect(fd.get(), found->ai_addr, found->ai_addrlen) != 0) throw std::runtime_error(ErrnoText(errno));
    return fd;
  }

  /// \throw std::runtime_error
  [[nodiscard]] Answer Ask() const {
    const UniqueFd fd = Connect();
    Packet query{.leap_version_mode = static_cast<uint8_t>((version_ << kVersionShift) | kClient)};
    // Not the time: the answer brings it back, and a number that nobody can guess proves that it is one.
    std::random_device random;
    query.transmit_time = (static_cast<uint64_t>(random()) << 32U) | random();
    const uint64_t sent = NowNtp();
    if (::send(fd.get(), &query, sizeof(query), MSG_NOSIGNAL) < 0) throw std::runtime_error(ErrnoText(errno));
    Packet reply;
    const ssize_t got = ::recv(fd.get(), &reply, sizeof(reply), 0);
    const uint64_t arrived = NowNtp();
    if (got < 0) throw std::runtime_error(ErrnoText(errno));
    if (static_cast<size_t>(got) < sizeof(reply) || (reply.leap_version_mode & kModeMask) != kServerMode ||
        reply.origin_time != query.transmit_time || reply.transmit_time == 0)
      throw std::runtime_error("what came is no answer");
    const uint64_t received = FromNetwork(reply.receive_time);
    const uint64_t answered = FromNetwork(reply.transmit_time);
    if (received > answered) throw std::runtime_error("the server's clock went back");
    return {.stratum = reply.stratum,
            .leap = static_cast<unsigned>(reply.leap_version_mode >> kLeapShift),
            .time_seconds = static_cast<double>(answered) / kFraction,
            .reference_seconds = static_cast<double>(FromNetwork(reply.reference_time)) / kFraction,
            .root_delay = ShortSeconds(reply.root_delay),
            .root_dispersion = ShortSeconds(reply.root_dispersion),
            .round_trip = std::max(0.0, Difference(arrived, sent) - Difference(answered, received)),
            .offset = (Difference(received, sent) + Difference(answered, arrived)) / 2,
            .min_error = std::max({0.0, Difference(sent, received), Difference(answered, arrived)})};
  }

  bool IsSane(const Answer& answer) {
    constexpr unsigned kAddSecond = 1;
    constexpr unsigned kDeleteSecond = 2;
    double tolerance = tolerance_;
    // The flag is gone right after midnight, while servers may smear the second over the days around it.
    if (answer.leap == kAddSecond || answer.leap == kDeleteSecond)
      leap_midnight_ = (std::floor(answer.time_seconds / kDaySeconds) + 1) * kDaySeconds;
    if (leap_midnight_ && std::abs(answer.time_seconds - *leap_midnight_) < kDaySeconds) tolerance += 1;
    const double distance = (answer.round_trip + answer.root_delay) / 2 + answer.root_dispersion;
    return answer.IsValid() && distance <= max_distance_ && answer.min_error <= tolerance;
  }

  const std::string server_;
  const std::string port_;
  const bool is_local_;
  const uint64_t version_;
  const uint64_t ttl_;
  const double max_distance_;
  const double tolerance_;
  std::optional<double> leap_midnight_;
};

TIDEMARK_COLLECTOR(ntp, {.name = "ntp", .enabled_by_default = false, .flags = kFlags, .create = Create<NtpCollector>});

}  // namespace
}  // namespace tidemark::exporter
