#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::exporter::procfs {

/// systemd's manager on the system bus (org.freedesktop.systemd1(5)), through libsystemd, which is loaded when the
/// first one is made. A call takes at most two seconds; after one that failed make another object.
class SystemBus {
 public:
  struct Unit {
    std::string name;
    std::string load_state;
    std::string active_state;
    std::string path;  ///< the object on the bus
  };

  /// \throw std::runtime_error saying what is missing
  SystemBus();
  ~SystemBus();
  SystemBus(const SystemBus&) = delete;
  SystemBus& operator=(const SystemBus&) = delete;

  /// \throw std::runtime_error
  std::vector<Unit> Units();

  // Properties of an object; `interface` without "org.freedesktop.systemd1.". Empty when there is no such.
  std::optional<std::string> Text(const std::string& path, const char* interface, const char* name);
  std::optional<uint64_t> Number(const std::string& path, const char* interface, const char* name);
  std::optional<uint32_t> ShortNumber(const std::string& path, const char* interface, const char* name);

  /// The manager's own object.
  static constexpr const char* kManagerPath = "/org/freedesktop/systemd1";

 private:
  bool ReadTrivial(const std::string& path, const char* interface, const char* name, char type, void* value);

  sd_bus* bus_ = nullptr;
};

}  // namespace tidemark::exporter::procfs
