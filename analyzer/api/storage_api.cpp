#include "analyzer/api/storage_api.h"

#include <prometheus/counter.h>

#include <atomic>
#include <memory>
#include <random>

#include "analyzer/api/json_body.h"
#include "analyzer/remote_write/receiver.h"
#include "common/http/admission.h"
#include "common/http/problem.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

/// Requests that are decompressed and stored at one time: each may need some ten times its limit in memory.
constexpr unsigned kMaxConcurrentWrites = 3;

http::Response PlainError(int status, const std::string& message) { return {.status = status, .body = message + "\n"}; }

class RemoteWrite {
 public:
  explicit RemoteWrite(Analyzer& analyzer)
      : analyzer_(analyzer),
        samples_(prometheus::BuildCounter()
                     .Name("tidemark_remote_write_samples_total")
                     .Help("Samples that came by remote write and were stored.")
                     .Register(analyzer.registry())
                     .Add({})),
        refused_(prometheus::BuildCounter()
                     .Name("tidemark_remote_write_requests_refused_total")
                     .Help("Remote write requests that were not stored as a whole.")
                     .Register(analyzer.registry())
                     .Add({})) {}

  http::Response Handle(const http::Request& request) {
    if (const std::string_view encoding = request.Header("content-encoding"); !encoding.empty() && encoding != "snappy")
      return PlainError(415, "Content-Encoding must be snappy");
    const http::Admission admission(running_, kMaxConcurrentWrites);
    // Not 429: senders send again after a 5xx, but Prometheus's default after a 429 is to drop the samples.
    if (!admission.admitted()) return PlainError(503, "too many writes at one time; send it again later");
    const remote_write::Outcome outcome = remote_write::Receive(request.body, analyzer_.writable_store());
    samples_.Increment(static_cast<double>(outcome.samples));
    if (outcome.status == 204) return {.status = 204, .body = ""};
    refused_.Increment();
    return PlainError(outcome.status, outcome.message);
  }

 private:
  Analyzer& analyzer_;
  prometheus::Counter& samples_;
  prometheus::Counter& refused_;
  std::atomic<unsigned> running_ = 0;
};

http::Response Snapshot(Analyzer& analyzer) {
  std::random_device random;
  constexpr unsigned kSuffixMask = 0xFFFFFF;
  char suffix[16];
  std::snprintf(suffix, sizeof(suffix), "%06x", random() & kSuffixMask);
  std::string time = FormatRfc3339(analyzer.clock().NowMs());
  std::erase_if(time, [](char c) { return c == ':' || c == '.'; });
  const std::string name = time + "-" + suffix;
  try {
    const std::string directory = analyzer.Snapshot(name);
    return JsonResponse({{"status", "success"}, {"data", {{"name", name}, {"path", directory}}}});
  } catch (const std::exception& error) {
    return http::Problem(503, std::string("the snapshot failed: ") + error.what());
  }
}

}  // namespace

void AddStorageRoutes(http::Router& router, Analyzer& analyzer) {
  const auto remote_write = std::make_shared<RemoteWrite>(analyzer);
  router.Add(
      "POST", "/api/v1/write", [remote_write](const http::Request& r) { return remote_write->Handle(r); },
      http::Lane::kWrite);
  router.Add(
      "POST", "/api/v1/admin/snapshot", [&analyzer](const http::Request&) { return Snapshot(analyzer); },
      http::Lane::kLong);
}

}  // namespace tidemark::api
