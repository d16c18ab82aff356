// A configuration file: it reads, or says in which file and what is wrong.

#include <cstdlib>

#include "analyzer/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    (void)tidemark::config::ParseConfig("f.yml", std::string(reinterpret_cast<const char*>(data), size));
  } catch (const tidemark::config::ConfigError& error) {
    if (!std::string_view(error.what()).starts_with("f.yml")) std::abort();
  }
  return 0;
}
