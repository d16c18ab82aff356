// Sessions of logged-in users by kind, from the system bus (org.freedesktop.login1(5)).

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "exporter/collector.h"
#include "exporter/procfs/system_bus.h"

namespace tidemark::exporter {
namespace {

using procfs::SystemBus;

/// What is none of the others counts as the first, "other".
constexpr std::array<const char*, 5> kClasses{"other", "user", "greeter", "lock-screen", "background"};
constexpr std::array<const char*, 7> kTypes{"other", "unspecified", "tty", "x11", "wayland", "mir", "web"};

template <size_t kCount>
std::string Known(const std::string& value, const std::array<const char*, kCount>& known) {
  return std::ranges::find(known, value, [](const char* name) { return std::string_view(name); }) != known.end()
             ? value
             : known.front();
}

class LogindCollector final : public Collector {
 public:
  explicit LogindCollector(const CollectorContext& /*context*/) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    SystemBus bus(SystemBus::Service::kLogind);
    std::vector<std::string> seats = bus.Seats();
    seats.emplace_back();  // sessions of no seat
    std::map<std::tuple<std::string, bool, std::string, std::string>, double> sessions;
    for (const SystemBus::Session& session : bus.Sessions()) {
      const std::string session_class = bus.Text(session.path, "Session", "Class").value_or("");
      const std::string type = bus.Text(session.path, "Session", "Type").value_or("");
      const bool is_remote = bus.Flag(session.path, "Session", "Remote").value_or(false);
      ++sessions[{Known(session_class, kClasses), is_remote, session.seat, Known(type, kTypes)}];
    }
    writer.Family("node_logind_sessions", "Number of sessions registered in logind.", exposition::MetricType::kGauge);
    for (const char* session_class : kClasses) {
      for (const bool is_remote : {false, true}) {
        for (const std::string& seat : seats) {
          for (const char* type : kTypes) {
            const auto found = sessions.find({session_class, is_remote, seat, type});
            writer.Sample(
                {{"class", session_class}, {"remote", is_remote ? "true" : "false"}, {"seat", seat}, {"type", type}},
                found != sessions.end() ? found->second : 0);
          }
        }
      }
    }
    return CollectStatus::Ok();
  }
};

TIDEMARK_COLLECTOR(logind,
                   {.name = "logind", .enabled_by_default = false, .flags = {}, .create = Create<LogindCollector>});

}  // namespace
}  // namespace tidemark::exporter
