#include <ringfence/fleet/fleet.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace ringfence::fleet {

void for_each(std::size_t count, unsigned threads, const std::function<void(std::size_t)> &work,
              const std::function<void(std::size_t)> &finished) {
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  std::atomic<std::size_t> next{0};
  std::mutex guard;
  std::size_t done = 0;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      work(i);
      const std::lock_guard lock(guard);
      ++done;
      if (finished)
        finished(done);
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min<std::size_t>(threads, count); ++i)
    others.emplace_back(run);
  run();
  for (std::thread &thread : others)
    thread.join();
}

} // namespace ringfence::fleet
