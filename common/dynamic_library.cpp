#include "common/dynamic_library.h"

#include <dlfcn.h>

#include <stdexcept>

namespace tidemark {

DynamicLibrary::DynamicLibrary(std::string file, const std::string& package)
    : file_(std::move(file)), handle_(::dlopen(file_.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr)
    throw std::runtime_error(file_ + " is missing (Debian: apt install " + package + "): " + ::dlerror());
}

void* DynamicLibrary::Symbol(const char* name) const {
  void* const symbol = ::dlsym(handle_, name);
  if (symbol == nullptr) throw std::runtime_error(file_ + " has no " + name);
  return symbol;
}

}  // namespace tidemark
