#pragma once

#include "analyzer/api/json_body.h"
#include "analyzer/thresholds/alert_evaluator.h"

namespace tidemark::api {

/// An alert as GET alerts and the report show it.
ordered_json AlertJson(const thresholds::AlertView& view);

}  // namespace tidemark::api
