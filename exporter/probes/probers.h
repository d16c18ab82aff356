#pragma once

#include <stop_token>

#include "exporter/probes/probe_config.h"
#include "exporter/probes/probe_result.h"

namespace tidemark::exporter::probes {

// Each runs a probe once, in at most its timeout; less when `stop` is requested. Any thread. The duration is left to
// the caller, as is what they throw: std::exception when a probe cannot be set up.

ProbeResult RunHttpProbe(const ProbeConfig& probe, const std::stop_token& stop);
/// TCP and Unix sockets.
ProbeResult RunStreamProbe(const ProbeConfig& probe, const std::stop_token& stop);
ProbeResult RunDnsProbe(const ProbeConfig& probe, const std::stop_token& stop);
ProbeResult RunIcmpProbe(const ProbeConfig& probe, const std::stop_token& stop);

}  // namespace tidemark::exporter::probes
