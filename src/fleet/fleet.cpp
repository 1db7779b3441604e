#include <ringfence/fleet/fleet.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace ringfence::fleet {

std::size_t worker_count(std::size_t count, unsigned threads) {
  const std::size_t wanted = threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  return std::min(wanted, std::max<std::size_t>(count, 1));
}

void for_each(std::size_t count, unsigned threads, const std::function<void(std::size_t, std::size_t)> &work,
              const std::function<void(std::size_t)> &finished) {
  std::atomic<std::size_t> next{0};
  std::mutex guard;
  std::size_t done = 0;
  const auto run = [&](std::size_t worker) {
    for (std::size_t i = next++; i < count; i = next++) {
      work(worker, i);
      const std::lock_guard lock(guard);
      ++done;
      if (finished)
        finished(done);
    }
  };
  std::vector<std::thread> others;
  for (std::size_t worker = 1; worker < worker_count(count, threads); ++worker)
    others.emplace_back(run, worker);
  run(0);
  for (std::thread &thread : others)
    thread.join();
}

} // namespace ringfence::fleet
