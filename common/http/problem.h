#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.h"

namespace tidemark::http {

/// One thing that is wrong with a request body: `pointer` is the JSON Pointer (RFC 6901) of the field.
struct FieldError {
  std::string pointer;
  std::string detail;
};

/// An application/problem+json answer (RFC 9457) with `type` about:blank, the status's standard phrase as `title`, and,
/// when given, the member `errors` that lists what is wrong with which field.
Response Problem(int status, std::string_view detail, const std::vector<FieldError>& errors = {});

/// The standard phrase of a status code, e.g. "Not Found".
std::string_view StatusPhrase(int status);

}  // namespace tidemark::http
