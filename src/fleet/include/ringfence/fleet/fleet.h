// Many drivers: work on `count` independent items with several threads. Results are placed by index, so what comes
// out does not depend on how many threads ran or which finished first.
#pragma once

#include <cstddef>
#include <functional>

namespace ringfence::fleet {

/// Calls `work(i)` once for every i in [0, count), from at most `threads` threads (0: one per processor).
/// `finished(done)` is called after each item with the number of finished items, never concurrently.
/// `work` must not throw.
void for_each(std::size_t count, unsigned threads, const std::function<void(std::size_t)> &work,
              const std::function<void(std::size_t)> &finished = {});

} // namespace ringfence::fleet
