#pragma once

#include <string>

namespace tidemark {

/// A shared library that is loaded when it is first needed, and stays: linking it would cost start-up time and resident
/// memory of all who have no use for it.
class DynamicLibrary {
 public:
  /// `file` is what the dynamic linker looks for, "libcurl.so.4"; `package` what to install where it is missing.
  /// \throw std::runtime_error
  DynamicLibrary(std::string file, const std::string& package);

  /// Fills in a pointer to the library's function `name`. \throw std::runtime_error when it has none
  template <typename Function>
  void Load(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(Symbol(name));
  }

 private:
  [[nodiscard]] void* Symbol(const char* name) const;

  const std::string file_;
  void* const handle_;
};

}  // namespace tidemark
