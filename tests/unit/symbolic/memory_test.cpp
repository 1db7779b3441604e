#include <ringfence/symbolic/memory.h>

#include <array>
#include <gtest/gtest.h>

#include <random>

namespace ringfence::symbolic {
namespace {

class Memory : public testing::Test {
protected:
  ObjectId add(Fill fill) {
    return objects.allocate({.kind = ObjectKind::kernel, .fill = fill, .size = 0x100, .name = "o"}, 0);
  }
  Expr load(ObjectId o, std::uint64_t at, unsigned n) { return memory.load(pool, objects, o, at, n); }
  ExprPool pool;
  ObjectTable objects{pool};
  PathMemory memory;
  void SetUp() override { objects.set_area(0x10000, 0x1000); }
};

TEST_F(Memory, AnUnwrittenLazyObjectGivesTheSameValueAtEveryRead) {
  const ObjectId o = add(Fill::lazy);
  EXPECT_EQ(load(o, 8, 4), load(o, 8, 4));
  EXPECT_EQ(pool.extract(load(o, 8, 8), 32, 32), load(o, 12, 4));
}

TEST_F(Memory, WritesAreSeenThroughReadsOfAnyWidth) {
  const ObjectId o = add(Fill::zero);
  memory.store(pool, o, 4, pool.constant(0x11223344, 32));
  memory.store(pool, o, 5, pool.constant(0xee, 8));
  EXPECT_EQ(pool.value(load(o, 4, 4)), 0x1122ee44u);
  EXPECT_EQ(pool.value(load(o, 2, 8)), 0x11'22ee'44'0000u);
}

TEST_F(Memory, AnArrayHasTheObjectThatItIsTheContentOf) {
  const ObjectId first = add(Fill::zero), second = objects.behind(pool.symbol(64, 0, "p"));
  EXPECT_EQ(objects.owner_of(objects[first].array), first);
  EXPECT_EQ(objects.owner_of(objects[second].array), second);
  EXPECT_EQ(objects.owner_of(pool.new_array("no object's", 0)), std::nullopt);
}

TEST_F(Memory, NamesOfObjectsBehindPointersOfPointersStayShort) {
  Expr pointer = pool.symbol(64, 0, "p");
  for (unsigned level = 0; level < 64; ++level) {
    const Object &object = objects[objects.behind(pointer)];
    EXPECT_LE(object.name.size(), 513u);
    pointer = pool.add(pool.slice(object.array, 0, 64), pool.slice(object.array, 8, 64));
  }
}

TEST_F(Memory, ACopiedPathDoesNotSeeLaterWrites) {
  const ObjectId o = add(Fill::zero);
  memory.store(pool, o, 0, pool.constant(1, 32));
  const PathMemory other = memory;
  memory.store(pool, o, 0, pool.constant(2, 32));
  EXPECT_EQ(pool.value(other.load(pool, objects, o, 0, 4)), 1u);
}

TEST_F(Memory, AHavocForgetsTheRangeAndKeepsWhatIsOutside) {
  const ObjectId o = add(Fill::zero);
  memory.store(pool, o, 0x10, pool.constant(0x1111111122222222, 64));
  memory.havoc(pool, objects, o, 0x14, 0x40, label_input);
  EXPECT_EQ(pool.value(load(o, 0x10, 4)), 0x22222222u);
  EXPECT_FALSE(pool.is_constant(load(o, 0x14, 4)));
  EXPECT_TRUE(pool.labels(load(o, 0x20, 4)) & label_input);
  EXPECT_TRUE(pool.is_constant(load(o, 0x40, 4)));
}

TEST_F(Memory, RandomFillsAndCopiesEqualAnArrayOfBytes) {
  const std::array<ObjectId, 2> object{add(Fill::zero), add(Fill::zero)};
  std::array<std::array<std::uint8_t, 0x100>, 2> model{};
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    const std::size_t to = random() % 2, from = random() % 2;
    const std::uint64_t size = random() % 0x30, at = random() % (0x100 - size), source = random() % (0x100 - size);
    switch (random() % 3) {
    case 0: {
      const auto byte = static_cast<std::uint8_t>(random());
      memory.fill(pool, object[to], at, size, pool.constant(byte, 8));
      std::fill_n(model[to].begin() + static_cast<std::ptrdiff_t>(at), size, byte);
      break;
    }
    case 1: {
      memory.copy(pool, objects, object[to], at, object[from], source, size);
      const auto copied = model[from];
      std::copy_n(copied.begin() + static_cast<std::ptrdiff_t>(source), size,
                  model[to].begin() + static_cast<std::ptrdiff_t>(at));
      break;
    }
    default:
      memory.store(pool, object[to], at % 0xfc, pool.constant(0x01020304u * static_cast<std::uint32_t>(i), 32));
      for (unsigned b = 0; b < 4; ++b)
        model[to][at % 0xfc + b] = static_cast<std::uint8_t>(0x01020304u * static_cast<std::uint32_t>(i) >> (8 * b));
    }
    const std::uint64_t look = random() % 0xf8;
    std::uint64_t expected = 0;
    for (unsigned b = 0; b < 8; ++b)
      expected |= static_cast<std::uint64_t>(model[to][look + b]) << (8 * b);
    const Expr got = load(object[to], look, 8);
    ASSERT_TRUE(pool.is_constant(got)) << i;
    ASSERT_EQ(pool.value(got), expected) << i;
  }
}

TEST_F(Memory, ACopyOfUnknownContentIsTheSameContent) {
  const ObjectId from = add(Fill::lazy), to = add(Fill::zero);
  memory.copy(pool, objects, to, 0x20, from, 0x8, 0x40);
  EXPECT_EQ(load(to, 0x24, 4), load(from, 0xc, 4));
  EXPECT_EQ(load(to, 0x58, 8), load(from, 0x40, 8));
  EXPECT_TRUE(pool.is_constant(load(to, 0x60, 4)));
}

TEST_F(Memory, RandomWritesEqualAnArrayOfBytes) {
  const ObjectId o = add(Fill::zero);
  std::array<std::uint8_t, 0x100> model{};
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    const unsigned bytes = 1u << (random() % 4);
    const std::uint64_t at = random() % (0x100 - bytes);
    const std::uint64_t value = random() | static_cast<std::uint64_t>(random()) << 32;
    memory.store(pool, o, at, pool.constant(value, bytes * 8));
    for (unsigned b = 0; b < bytes; ++b)
      model[at + b] = static_cast<std::uint8_t>(value >> (8 * b));
    const std::uint64_t look = random() % 0xf8;
    std::uint64_t expected = 0;
    for (unsigned b = 0; b < 8; ++b)
      expected |= static_cast<std::uint64_t>(model[look + b]) << (8 * b);
    const Expr got = load(o, look, 8);
    ASSERT_TRUE(pool.is_constant(got));
    ASSERT_EQ(pool.value(got), expected);
  }
}

TEST_F(Memory, WhatChangedSinceAnotherMemoryIsNamedAndCanBeTaken) {
  const ObjectId same = add(Fill::zero), changed = add(Fill::zero), fresh = add(Fill::zero);
  memory.store(pool, same, 0, pool.constant(1, 32));
  memory.store(pool, changed, 0, pool.constant(2, 32));
  const PathMemory before = memory;
  memory.store(pool, changed, 0, pool.constant(3, 32));
  memory.store(pool, fresh, 8, pool.constant(4, 32));
  EXPECT_EQ(memory.changed_since(before), (std::vector<ObjectId>{changed, fresh}));
  EXPECT_TRUE(memory.changed_since(memory).empty());
  PathMemory taken = before;
  taken.take(fresh, memory);
  EXPECT_TRUE(pool.is_constant(taken.load(pool, objects, fresh, 8, 4), 4));
  EXPECT_TRUE(pool.is_constant(taken.load(pool, objects, changed, 0, 4), 2));
  taken.take(changed, before);
  EXPECT_TRUE(pool.is_constant(taken.load(pool, objects, changed, 0, 4), 2));
}

TEST_F(Memory, ATableThatNothingHasFilledIsZeroAtEveryIndex) {
  const ObjectId o = add(Fill::zero);
  const Expr index = pool.symbol(64, label_input, "index");
  EXPECT_TRUE(pool.is_constant(memory.load_any(pool, objects, o, index, 0, 0x38, 8), 0));
  memory.store(pool, o, 0x40, pool.constant(7, 64));
  EXPECT_TRUE(pool.is_constant(memory.load_any(pool, objects, o, index, 0, 0x38, 8), 0));
  EXPECT_FALSE(pool.is_constant(memory.load_any(pool, objects, o, index, 0, 0x40, 8)));
  EXPECT_FALSE(pool.is_constant(memory.load_any(pool, objects, add(Fill::lazy), index, 0, 0x38, 8)));
}

TEST_F(Memory, AWriteThatLeadsIntoTheObjectFromBeforeItFillsItsFirstBytes) {
  const ObjectId o = add(Fill::zero);
  memory.store(pool, o, ~std::uint64_t{0} - 1, pool.constant(0x44332211, 32)); // two bytes before, two in the object
  EXPECT_TRUE(pool.is_constant(load(o, 0, 2), 0x4433));
  EXPECT_TRUE(pool.is_constant(pool.extract(load(o, ~std::uint64_t{0} - 1, 4), 16, 16), 0x4433));
  memory.fill(pool, o, ~std::uint64_t{0} - 3, 8, pool.constant(0x55, 8)); // four bytes before, four in the object
  EXPECT_TRUE(pool.is_constant(load(o, 0, 4), 0x55555555));
  const ObjectId copy = add(Fill::zero);
  memory.copy(pool, objects, copy, ~std::uint64_t{0} - 1, o, 0, 4); // its third and fourth byte
  EXPECT_TRUE(pool.is_constant(load(copy, 0, 4), 0x5555));
}

TEST_F(Memory, ARangeThatEndsBehindTheHighestAddressHasAllCells) {
  const ObjectId o = add(Fill::zero);
  for (std::uint64_t at = 0; at < 0x80; at += 4)
    memory.store(pool, o, at, pool.symbol(32, label_input, "v"));
  const Expr index = pool.symbol(64, label_input, "index");
  const Expr any = memory.load_any(pool, objects, o, index, 8, ~std::uint64_t{0}, 8);
  EXPECT_NE(pool.labels(any) & label_input, 0u);
  EXPECT_NE(memory.labels_within(pool, objects, o, 8, ~std::uint64_t{0}, 8) & label_input, 0u);
  memory.fill(pool, o, 0x10, ~std::uint64_t{0}, pool.constant(0, 8));
  EXPECT_TRUE(pool.is_constant(load(o, 0x10, 8), 0));
}

} // namespace
} // namespace ringfence::symbolic
