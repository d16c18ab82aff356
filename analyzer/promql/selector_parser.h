#pragma once

#include <string>
#include <vector>

#include "analyzer/promql/ast.h"
#include "analyzer/promql/token_stream.h"

namespace tidemark::promql {

/// `name{label="value", …}`, either part of which may be missing; without a range, an offset or @. \throw ParseError
VectorSelector ParseVectorSelector(TokenStream& tokens);

/// `(name, …)`, as behind by, without, on, ignoring, group_left and group_right. \throw ParseError
std::vector<std::string> ParseLabelList(TokenStream& tokens);

}  // namespace tidemark::promql
