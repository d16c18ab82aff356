#pragma once

#include <string>

namespace tidemark::config {

/// A configuration's YAML for people to see: the values of password, credentials and the like are "<secret>", and
/// passwords in URLs "xxxxx", as Prometheus writes them. Comments are lost. \throw YAML::Exception
std::string WithoutSecrets(const std::string& yaml);

}  // namespace tidemark::config
