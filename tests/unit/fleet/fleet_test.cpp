#include <ringfence/fleet/fleet.h>

#include <atomic>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace ringfence::fleet {
namespace {

TEST(ForEach, VisitsEveryItemOnceAtAnyThreadCount) {
  for (const unsigned threads : {1u, 2u, 8u}) {
    std::vector<std::atomic<int>> visits(100);
    std::size_t last = 0;
    for_each(
        visits.size(), threads,
        [&](std::size_t worker, std::size_t i) {
          EXPECT_LT(worker, worker_count(visits.size(), threads));
          ++visits[i];
        },
        [&](std::size_t done) {
          EXPECT_EQ(done, last + 1) << "progress must not go back";
          last = done;
        });
    for (const auto &visit : visits)
      EXPECT_EQ(visit, 1);
    EXPECT_EQ(last, visits.size());
  }
}

TEST(ForEach, AcceptsNoWork) {
  for_each(0, 4, [](std::size_t, std::size_t) { FAIL(); });
}

} // namespace
} // namespace ringfence::fleet
