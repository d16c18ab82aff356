#pragma once

#include <string>

namespace tidemark::templating {

/// 1234567 -> "1.235M": four digits and a prefix of powers of 1000, also of those below one.
std::string Humanize(double value);
/// 1048576 -> "1Mi": the same with powers of 1024; below one without a prefix.
std::string Humanize1024(double value);
/// 3661 -> "1h 1m 1s"; below a minute with four digits and, below a second, a prefix.
std::string HumanizeDuration(double seconds);
/// 0.1234 -> "12.34%".
std::string HumanizePercentage(double ratio);

}  // namespace tidemark::templating
