#pragma once

#include <string>
#include <vector>

namespace tidemark {

/// The arguments after the program name, last first, as CLI11's App::parse(std::vector) wants them. `--name=` becomes
/// `--name` and an empty argument: CLI11 would otherwise take the next flag for the value.
std::vector<std::string> ReversedArguments(int argc, char** argv);

}  // namespace tidemark
