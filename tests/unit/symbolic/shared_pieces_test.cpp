// SharedPieces against a plain vector.

#include <ringfence/symbolic/shared_pieces.h>

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace ringfence::symbolic {
namespace {

using Pieces = SharedPieces<int>;

std::vector<int> elements_of(const Pieces &pieces) { return {pieces.begin(), pieces.end()}; }

/// A sorted sequence with random changes, some of them of a copy that goes on alone; a vector takes the same changes.
TEST(SharedPieces, ARandomHistoryIsThatOfAVectorAndCopiesStayAsTheyWere) {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  for (int history = 0; history < 40; ++history) {
    Pieces pieces;
    std::vector<int> plain;
    std::vector<std::pair<Pieces, std::vector<int>>> copies;
    for (int step = 0; step < 300; ++step) {
      const int low = static_cast<int>(pick(2000)), width = static_cast<int>(pick(3) == 0 ? pick(300) : pick(4));
      const auto before = [](int limit) { return [limit](int e) { return e < limit; }; };
      std::vector<int> fresh;
      for (int e = low; e < low + width; e += 1 + static_cast<int>(pick(3)))
        fresh.push_back(e);
      pieces.splice(pieces.partition_point(before(low)), pieces.partition_point(before(low + width)), fresh);
      const auto first = std::partition_point(plain.begin(), plain.end(), before(low));
      const auto at = plain.erase(first, std::partition_point(plain.begin(), plain.end(), before(low + width)));
      plain.insert(at, fresh.begin(), fresh.end());
      ASSERT_EQ(elements_of(pieces), plain);
      ASSERT_EQ(pieces.size(), plain.size());
      ASSERT_EQ(pieces.empty(), plain.empty());
      if (pick(20) == 0)
        copies.emplace_back(pieces, plain);
    }
    for (const auto &[copy, was] : copies)
      ASSERT_EQ(elements_of(copy), was);
  }
}

TEST(SharedPieces, AnElementThatIsChangedInPlaceIsNotChangedInCopies) {
  Pieces pieces;
  std::vector<int> numbers(200);
  for (int i = 0; i < 200; ++i)
    numbers[static_cast<std::size_t>(i)] = 10 * i;
  pieces.splice(pieces.end(), pieces.end(), numbers);
  const Pieces copy = pieces;
  const auto at = pieces.partition_point([](int e) { return e < 1000; });
  ASSERT_EQ(*at, 1000);
  pieces.writable(at) = 1001;
  EXPECT_EQ(*pieces.partition_point([](int e) { return e < 1000; }), 1001);
  EXPECT_EQ(elements_of(copy), numbers);
}

TEST(SharedPieces, IteratorsGoBackAcrossPieces) {
  Pieces pieces;
  std::vector<int> numbers(130);
  for (int i = 0; i < 130; ++i)
    numbers[static_cast<std::size_t>(i)] = i;
  pieces.splice(pieces.begin(), pieces.end(), numbers);
  std::vector<int> back;
  for (auto at = pieces.end(); at != pieces.begin();)
    back.push_back(*--at);
  EXPECT_EQ(std::vector<int>(back.rbegin(), back.rend()), numbers);
}

} // namespace
} // namespace ringfence::symbolic
