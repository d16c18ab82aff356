#pragma once

#include <string>

#include "analyzer/analyzer.h"
#include "common/http/problem.h"
#include "common/http/router.h"

namespace tidemark::api {

/// A route's handler out of `handler(analyzer, request)`: what asks for too much, and disks that refuse, are answered
/// as what they are and not as faults of the server.
template <typename F>
http::Handler Guarded(Analyzer& analyzer, F handler) {
  return [&analyzer, handler](const http::Request& request) -> http::Response {
    try {
      return handler(analyzer, request);
    } catch (const storage::QueryError& error) {
      return http::Problem(422, error.what());
    } catch (const promql::EvalError& error) {
      return http::Problem(422, error.what());
    } catch (const promql::TimeoutError& error) {
      return http::Problem(503, error.what());
    } catch (const promql::CancelledError& error) {
      return http::Problem(503, error.what());
    } catch (const state::DatabaseError& error) {
      return http::Problem(507, std::string("the disk refused, and nothing was changed: ") + error.what());
    }
  };
}

}  // namespace tidemark::api
