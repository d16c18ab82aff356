#include "exporter/procfs/system_bus.h"

#include <cstdlib>
#include <stdexcept>

#include "common/dynamic_library.h"
#include "common/file.h"

namespace tidemark::exporter::procfs {
namespace {

constexpr uint64_t kCallTimeoutUs = 2'000'000;

/// The functions of libsystemd that are used here; linking it would cost resident memory for all who have no use for
/// it.
struct Functions {
  decltype(&::sd_bus_open_system) open_system;
  decltype(&::sd_bus_new) make;
  decltype(&::sd_bus_set_address) set_address;
  decltype(&::sd_bus_start) start;
  decltype(&::sd_bus_flush_close_unref) flush_close_unref;
  decltype(&::sd_bus_set_method_call_timeout) set_method_call_timeout;
  decltype(&::sd_bus_call_method) call_method;
  decltype(&::sd_bus_message_enter_container) enter_container;
  decltype(&::sd_bus_message_read) read;
  decltype(&::sd_bus_message_unref) message_unref;
  decltype(&::sd_bus_get_property_string) get_property_string;
  decltype(&::sd_bus_get_property_trivial) get_property_trivial;
};

Functions LoadFunctions() {
  const DynamicLibrary library("libsystemd.so.0", "libsystemd0");
  Functions functions{};
  library.Load("sd_bus_open_system", functions.open_system);
  library.Load("sd_bus_new", functions.make);
  library.Load("sd_bus_set_address", functions.set_address);
  library.Load("sd_bus_start", functions.start);
  library.Load("sd_bus_flush_close_unref", functions.flush_close_unref);
  library.Load("sd_bus_set_method_call_timeout", functions.set_method_call_timeout);
  library.Load("sd_bus_call_method", functions.call_method);
  library.Load("sd_bus_message_enter_container", functions.enter_container);
  library.Load("sd_bus_message_read", functions.read);
  library.Load("sd_bus_message_unref", functions.message_unref);
  library.Load("sd_bus_get_property_string", functions.get_property_string);
  library.Load("sd_bus_get_property_trivial", functions.get_property_trivial);
  return functions;
}

const Functions& Bus() {
  static const Functions functions = LoadFunctions();
  return functions;
}

/// 0 or more, or an errno below it; `bus` is to be unreferenced in any case.
int OpenPrivate(sd_bus** bus) {
  int result = Bus().make(bus);
  if (result >= 0) result = Bus().set_address(*bus, "unix:path=/run/systemd/private");
  return result < 0 ? result : Bus().start(*bus);
}

}  // namespace

SystemBus::SystemBus(Service service, Way way)
    : service_(service), name_(service == Service::kSystemd ? "org.freedesktop.systemd1" : "org.freedesktop.login1") {
  if (const int error = way == Way::kPrivate ? OpenPrivate(&bus_) : Bus().open_system(&bus_); error < 0) {
    Bus().flush_close_unref(bus_);
    throw std::runtime_error(
        (way == Way::kPrivate ? "cannot reach systemd by /run/systemd/private: " : "cannot reach the system bus: ") +
        ErrnoText(-error));
  }
  Bus().set_method_call_timeout(bus_, kCallTimeoutUs);
}

SystemBus::~SystemBus() { Bus().flush_close_unref(bus_); }

std::string SystemBus::Interface(const char* name) const { return std::string(name_) + "." + name; }

sd_bus_message* SystemBus::Call(const char* method) {
  const char* const path = service_ == Service::kSystemd ? kManagerPath : "/org/freedesktop/login1";
  sd_bus_message* reply = nullptr;
  const int error =
      Bus().call_method(bus_, name_, path, Interface("Manager").c_str(), method, nullptr, &reply, nullptr);
  if (error < 0) throw std::runtime_error(std::string(name_) + " does not answer " + method + ": " + ErrnoText(-error));
  return reply;
}

std::vector<SystemBus::Unit> SystemBus::Units() {
  sd_bus_message* const reply = Call("ListUnits");
  std::vector<Unit> units;
  Bus().enter_container(reply, 'a', "(ssssssouso)");
  while (true) {
    // name, description, load state, active state, sub state, followed unit, path, job number, job type, job path
    const char* texts[9] = {};
    uint32_t job = 0;
    if (Bus().read(reply, "(ssssssouso)", &texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &texts[6],
                   &job, &texts[7], &texts[8]) <= 0)
      break;
    units.push_back({.name = texts[0], .load_state = texts[2], .active_state = texts[3], .path = texts[6]});
  }
  Bus().message_unref(reply);
  return units;
}

std::vector<SystemBus::Session> SystemBus::Sessions() {
  sd_bus_message* const reply = Call("ListSessions");
  std::vector<Session> sessions;
  Bus().enter_container(reply, 'a', "(susso)");
  while (true) {
    // session, user number, user, seat, path
    const char* texts[4] = {};
    uint32_t user = 0;
    if (Bus().read(reply, "(susso)", &texts[0], &user, &texts[1], &texts[2], &texts[3]) <= 0) break;
    sessions.push_back({.seat = texts[2], .path = texts[3]});
  }
  Bus().message_unref(reply);
  return sessions;
}

std::vector<std::string> SystemBus::Seats() {
  sd_bus_message* const reply = Call("ListSeats");
  std::vector<std::string> seats;
  Bus().enter_container(reply, 'a', "(so)");
  while (true) {
    const char* name = nullptr;
    const char* path = nullptr;
    if (Bus().read(reply, "(so)", &name, &path) <= 0) break;
    seats.emplace_back(name);
  }
  Bus().message_unref(reply);
  return seats;
}

std::optional<std::string> SystemBus::Text(const std::string& path, const char* interface, const char* name) {
  char* text = nullptr;
  if (Bus().get_property_string(bus_, name_, path.c_str(), Interface(interface).c_str(), name, nullptr, &text) < 0)
    return std::nullopt;
  std::string copy = text;
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): as sd_bus_get_property(3) asks
  return copy;
}

bool SystemBus::ReadTrivial(const std::string& path, const char* interface, const char* name, char type, void* value) {
  return Bus().get_property_trivial(bus_, name_, path.c_str(), Interface(interface).c_str(), name, nullptr, type,
                                    value) >= 0;
}

std::optional<uint64_t> SystemBus::Number(const std::string& path, const char* interface, const char* name) {
  uint64_t value = 0;
  return ReadTrivial(path, interface, name, 't', &value) ? std::optional(value) : std::nullopt;
}

std::optional<uint32_t> SystemBus::ShortNumber(const std::string& path, const char* interface, const char* name) {
  uint32_t value = 0;
  return ReadTrivial(path, interface, name, 'u', &value) ? std::optional(value) : std::nullopt;
}

std::optional<bool> SystemBus::Flag(const std::string& path, const char* interface, const char* name) {
  int value = 0;
  return ReadTrivial(path, interface, name, 'b', &value) ? std::optional(value != 0) : std::nullopt;
}

}  // namespace tidemark::exporter::procfs
