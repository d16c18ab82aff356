/// How the analyzer's allocator works. jemalloc gives freed pages back piece by piece: glibc's malloc_trim holds a
/// heap's lock meanwhile, some milliseconds after a hundred thousand series, in which appends and queries wait.
/// tests/bench/pause_cost.cpp measures it. The environment's MALLOC_CONF goes before this.

/// Two heaps instead of four a core, no more than a page kept by each thread for itself, and pages that are unused for
/// a second go: resident memory stays near what is in use. They go from a thread of its own, so that no request does
/// it. The name is jemalloc's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" const char* malloc_conf;
const char* malloc_conf =
    "narenas:2,lg_tcache_max:12,background_thread:true,max_background_threads:1,dirty_decay_ms:1000,muzzy_decay_ms:0";
