// What requests leave for later ones: which places a route reads, and the sequences that findings of small drivers
// need.

#include "../../../src/driver/persistent_state.h"

#include <gtest/gtest.h>

namespace ringfence::driver {
namespace {

using symbolic::ObjectId;

TEST(CellReads, APlaceIsReadWhenBytesOverlap) {
  CellReads reads;
  reads.add(ObjectId(3), 8, 4);
  EXPECT_TRUE(reads.contains(ObjectId(3), 8, 4));
  EXPECT_TRUE(reads.contains(ObjectId(3), 11, 1));
  EXPECT_TRUE(reads.contains(ObjectId(3), 4, 8));
  EXPECT_FALSE(reads.contains(ObjectId(3), 12, 4));
  EXPECT_FALSE(reads.contains(ObjectId(3), 0, 8));
  EXPECT_FALSE(reads.contains(ObjectId(4), 8, 4));
}

TEST(CellReads, ManyPlacesInManyObjectsStayApart) {
  CellReads reads;
  for (std::uint32_t object = 1; object < 150; ++object)
    reads.add(ObjectId(object), 60 + object, 130); // across three lines of 64 bytes
  for (std::uint32_t object = 1; object < 150; ++object) {
    EXPECT_FALSE(reads.contains(ObjectId(object), 0, 60 + object));
    EXPECT_TRUE(reads.contains(ObjectId(object), 60 + object, 1));
    EXPECT_TRUE(reads.contains(ObjectId(object), 189 + object, 1));
    EXPECT_FALSE(reads.contains(ObjectId(object), 190 + object, 200));
  }
}

TEST(CellReads, AReadAtAnUnknownPlaceReadsTheWholeObject) {
  CellReads reads;
  reads.add(ObjectId(3), std::nullopt, 4);
  EXPECT_TRUE(reads.contains(ObjectId(3), 0x1000, 4));
  EXPECT_FALSE(reads.contains(ObjectId(2), 0x1000, 4));
}

TEST(CellReads, ALongCellIsReadWhereAnyOfItsObjectIs) {
  CellReads reads, more;
  more.add(ObjectId(5), 0x20, 4);
  EXPECT_FALSE(reads.contains(ObjectId(5), 0, 0x1000));
  reads.join(more);
  EXPECT_TRUE(reads.contains(ObjectId(5), 0, 0x1000));
}

TEST(World, OnlySomeNotesAreKeptForLaterRequests) {
  EXPECT_TRUE(World::is_kept_note("probed"));
  EXPECT_TRUE(World::is_kept_note("mapped"));
  EXPECT_FALSE(World::is_kept_note("read"));
  EXPECT_FALSE(World::is_kept_note(World::slot_store));
}

} // namespace
} // namespace ringfence::driver
