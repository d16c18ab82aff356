#pragma once

namespace tidemark {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and every thread it starts later, and ignores SIGPIPE. Call first
/// in main, so that WaitForSignal alone receives them.
void BlockSignals();

enum class Signal { kTerminate, kReload };

/// Waits for SIGTERM or SIGINT (kTerminate) or SIGHUP (kReload).
Signal WaitForSignal();

}  // namespace tidemark
