#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// 2^53: beyond it not every integer is a double.
inline constexpr double kExactIntegers = 9007199254740992.0;

/// Appends the shortest text that reads back as exactly `value`, in Go's 'g' format as the Prometheus client libraries
/// print it: 348645, 1.795477517e+09, +Inf, -Inf, NaN.
void AppendGoFloat(std::string& out, double value);
/// The same to a place of kFloatRoom bytes; returns the end of what it wrote.
inline constexpr size_t kFloatRoom = 32;
char* WriteGoFloat(char* out, double value);

/// Appends `value` as the Prometheus HTTP API prints sample values: shortest, plain digits between 1e-6 and 1e21,
/// exponent form outside, +Inf, -Inf, NaN.
void AppendApiFloat(std::string& out, double value);
char* WriteApiFloat(char* out, double value);
std::string FormatApiFloat(double value);

/// `value` as Go's strconv.FormatFloat(value, 'f', -1, 64) prints it, never with an exponent:
/// 1000000000000000000000000. The Prometheus HTTP API has scalars so, and count_values its labels.
std::string FormatPlainFloat(double value);

/// `value` as Go's strconv.FormatFloat(value, 'e', -1, 64) prints it: 1.5e+00, +Inf, -Inf, NaN.
std::string FormatScientific(double value);

/// Parses every float form of the exposition formats and PromQL strings: decimal, exponent, hexadecimal, and
/// Inf/Infinity/NaN in any case with an optional sign. Empty optional unless the whole text is one number. A value out
/// of range becomes an infinity or zero, as Go's ParseFloat rounds it.
std::optional<double> ParseFloat(std::string_view text);

/// The same for decimals of up to 15 digits, with an exponent or without, which most values on a metrics page are;
/// false for anything else. Digits and power of ten are exact as float64, and so their product or quotient is rounded
/// once, as it must be (Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990, section 3).
bool ParseShortDecimal(std::string_view text, double& value);

}  // namespace tidemark
