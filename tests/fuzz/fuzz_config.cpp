// A configuration file or a discovery file: it reads, or says in which file and what is wrong.

#include <cstdlib>

#include "analyzer/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    // A discovery file is another thing to read from the same kind of text.
    if (text.starts_with('-') || text.starts_with('[')) {
      (void)tidemark::config::ParseTargetGroups(tidemark::config::ParseYaml("f.yml", text));
    } else {
      (void)tidemark::config::ParseConfig("f.yml", text);
    }
  } catch (const tidemark::config::ConfigError& error) {
    if (!std::string_view(error.what()).starts_with("f.yml")) std::abort();
  }
  return 0;
}
