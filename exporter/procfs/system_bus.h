#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::exporter::procfs {

/// A program of systemd's on the system bus, through libsystemd, which is loaded when the first object is made. A call
/// takes at most two seconds; after one that failed make another object.
class SystemBus {
 public:
  enum class Service {
    kSystemd,  ///< the manager: org.freedesktop.systemd1(5)
    kLogind,   ///< org.freedesktop.login1(5)
  };

  struct Unit {
    std::string name;
    std::string load_state;
    std::string active_state;
    std::string path;  ///< the object on the bus
  };

  struct Session {
    std::string seat;  ///< empty for none
    std::string path;
  };

  enum class Way {
    kBus,      ///< the system bus, and who may ask what there
    kPrivate,  ///< a connection of its own to systemd, which takes root's only; needs no bus
  };

  /// \throw std::runtime_error saying what is missing
  explicit SystemBus(Service service, Way way = Way::kBus);
  ~SystemBus();
  SystemBus(const SystemBus&) = delete;
  SystemBus& operator=(const SystemBus&) = delete;

  /// Of systemd. \throw std::runtime_error
  std::vector<Unit> Units();
  /// Of logind. \throw std::runtime_error
  std::vector<Session> Sessions();
  /// The seats' names, of logind. \throw std::runtime_error
  std::vector<std::string> Seats();

  // Properties of an object; `interface` without the service's name. Empty when there is no such.
  std::optional<std::string> Text(const std::string& path, const char* interface, const char* name);
  std::optional<uint64_t> Number(const std::string& path, const char* interface, const char* name);
  std::optional<uint32_t> ShortNumber(const std::string& path, const char* interface, const char* name);

  std::optional<bool> Flag(const std::string& path, const char* interface, const char* name);

  /// The manager's own object.
  static constexpr const char* kManagerPath = "/org/freedesktop/systemd1";

 private:
  /// What the manager answers to a method without parameters.
  sd_bus_message* Call(const char* method);
  [[nodiscard]] std::string Interface(const char* name) const;
  bool ReadTrivial(const std::string& path, const char* interface, const char* name, char type, void* value);

  const Service service_;
  const char* const name_;
  sd_bus* bus_ = nullptr;
};

}  // namespace tidemark::exporter::procfs
