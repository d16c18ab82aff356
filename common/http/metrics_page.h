#pragma once

#include "common/exposition/format.h"
#include "common/http/message.h"

namespace tidemark::http {

/// The format a scraper asked for in its Accept header: OpenMetrics 1.0.0 or 0.0.1 when it is listed, else text 0.0.4.
exposition::Format NegotiateFormat(std::string_view accept_header);

/// A 200 answer whose body is a metrics page in `format`.
Response MetricsPage(std::string body, exposition::Format format);

}  // namespace tidemark::http
