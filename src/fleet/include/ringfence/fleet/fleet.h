// Many drivers: work on `count` independent items with several threads. Results are placed by index, so what comes
// out does not depend on how many threads ran or which finished first.
#pragma once

#include <cstddef>
#include <functional>

namespace ringfence::fleet {

/// The number of workers that for_each() uses for `count` items when asked for `threads` (0: one per processor).
std::size_t worker_count(std::size_t count, unsigned threads);

/// Calls `work(worker, i)` once for every i in [0, count). `worker` is below worker_count(count, threads) and never
/// used by two threads at once, so it can index state that is costly to set up.
/// `finished(done)` is called after each item with the number of finished items, never concurrently.
/// `work` must not throw.
void for_each(std::size_t count, unsigned threads, const std::function<void(std::size_t, std::size_t)> &work,
              const std::function<void(std::size_t)> &finished = {});

} // namespace ringfence::fleet
