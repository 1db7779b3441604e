// The solver on paths written by hand: the answer's bytes are checked against the path's meaning, not its form.

#include <ringfence/witness/witness.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace ringfence::witness {
namespace {

using symbolic::ArrayId;
using symbolic::Expr;
using symbolic::ExprPool;
using symbolic::PathFacts;

struct Path : testing::Test {
  ExprPool pool;
  ArrayId buffer = pool.new_array("SystemBuffer", symbolic::label_input);
  Expr code = pool.symbol(32, symbolic::label_code, "IoControlCode");
  Expr in = pool.symbol(32, symbolic::label_length, "InputBufferLength");
  Expr out = pool.symbol(32, symbolic::label_length, "OutputBufferLength");
  PathFacts facts;

  std::array<Inputs, 1> inputs() const {
    return {{{.bytes = {buffer}, .code = code, .input_length = in, .output_length = out}}};
  }
  Expr field(std::uint64_t offset, unsigned bits) { return pool.slice(buffer, offset, bits); }
  Expr number(std::uint64_t value, unsigned bits) { return pool.constant(value, bits); }
  void assume(Expr condition, bool truth = true) { ASSERT_TRUE(facts.assume(pool, condition, truth)); }
  static std::uint64_t read(const Answer &answer, std::size_t offset, unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i)
      value |= std::to_integer<std::uint64_t>(answer.requests.front().input.at(offset + i)) << (8 * i);
    return value;
  }
};

/// The most telling answer.
std::optional<Answer> first(Solution solution) {
  return solution.answers.empty() ? std::nullopt : std::optional(std::move(solution.answers.front()));
}

TEST_F(Path, WhatTheCallerDoesNotChooseInTheArgumentGivesFurtherAnswers) {
  assume(pool.ult(in, number(16, 32)), false);
  const Expr base = pool.symbol(32, symbolic::label_hardware, "port range");
  EXPECT_EQ(Solver(pool).solve(inputs(), facts, {}, field(4, 32)).answers.size(), 1u);
  const std::vector<Answer> answers = Solver(pool).solve(inputs(), facts, {}, pool.add(base, field(4, 32))).answers;
  ASSERT_GT(answers.size(), 1u);
  EXPECT_TRUE(std::any_of(answers.begin(), answers.end(),
                          [](const Answer &a) { return !a.whole && a.width <= 2 && a.offset == 4; }));
}

TEST_F(Path, AnArgumentThatIsAFieldOfTheInput) {
  assume(pool.ult(in, number(16, 32)), false);
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, field(4, 32)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->offset, 4u);
  EXPECT_EQ(read(*answer, 4, 4), answer->canary_a);
  EXPECT_NE(answer->canary_a, answer->canary_b);
  EXPECT_GE(answer->requests.front().input.size(), 16u);
}

TEST_F(Path, TheInputIsLongEnoughForWhatThePathReads) {
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, field(0x20, 32)));
  ASSERT_TRUE(answer);
  EXPECT_GE(answer->requests.front().input.size(), 0x24u);
}

#ifdef RINGFENCE_HAS_Z3
TEST_F(Path, ConditionsThatRangesCannotRefuteAreRefuted) {
  const Expr x = field(0, 32), y = field(4, 32), z = field(8, 32);
  assume(pool.ult(x, y));
  assume(pool.ult(y, z));
  assume(pool.ult(z, x));
  const Solution solution = Solver(pool).solve(inputs(), facts, {}, field(12, 32));
  EXPECT_TRUE(solution.contradictory);
  EXPECT_TRUE(solution.answers.empty());
}

TEST_F(Path, AnUnknownThatStandsOnBothSidesOfASumIsFound) {
  const Expr x = field(0, 16);
  const auto mixed = [](std::uint64_t v) { return (3 * v + (v ^ 0x55)) & 0xffff; };
  assume(pool.eq(pool.add(pool.mul(x, number(3, 16)), pool.xor_(x, number(0x55, 16))), number(mixed(0x1234), 16)));
  const Solution solution = Solver(pool).solve(inputs(), facts, {}, field(4, 32));
  EXPECT_FALSE(solution.contradictory);
  const auto answer = first(solution);
  ASSERT_TRUE(answer);
  EXPECT_EQ(mixed(read(*answer, 0, 2)), mixed(0x1234));
  EXPECT_EQ(read(*answer, 4, 4), answer->canary_a);
}
#endif

TEST_F(Path, ConditionsThatTakeACloseValueFromOneAnother) {
  const ArrayId hardware = pool.new_array("configuration", symbolic::label_hardware);
  assume(pool.eq(pool.slice(hardware, 0, 32), number(0, 32)), false);
  assume(pool.extract(pool.slice(hardware, 0, 8), 0, 1), false);
  Solver solver(pool);
  EXPECT_TRUE(first(solver.solve(inputs(), facts, {}, field(4, 32))));
  EXPECT_EQ(solver.questions(), 0u);
}

TEST_F(Path, ALaterCheckThatRefutesAnEarlierOne) {
  const Expr x = field(0, 32);
  assume(pool.eq(pool.and_(pool.add(x, number(0x7e217fb4, 32)), number(0xfffffffb, 32)), number(0, 32)), false);
  assume(pool.eq(x, number(0x81de804c, 32)));
  Solver solver(pool);
  EXPECT_TRUE(solver.solve(inputs(), facts, {}, field(4, 32)).contradictory);
  EXPECT_EQ(solver.questions(), 0u);
}

TEST_F(Path, ANumberOfPagesThatIsNotZero) {
  const ArrayId hardware = pool.new_array("mapping", symbolic::label_hardware);
  const Expr pages = pool.zext(pool.extract(pool.slice(hardware, 0, 32), 0, 13), 32);
  assume(pool.ult(pool.and_(field(0, 32), number(0xff00, 32)), pool.shift(symbolic::Kind::shl, pages, number(12, 32))));
  Solver solver(pool);
  EXPECT_TRUE(first(solver.solve(inputs(), facts, {}, field(4, 32))));
  EXPECT_EQ(solver.questions(), 0u);
}

TEST_F(Path, ExactLengthsAndACommandInTheBuffer) {
  assume(pool.eq(in, number(24, 32)));
  assume(pool.eq(out, number(8, 32)));
  assume(pool.eq(field(0, 32), number(7, 32)));
  assume(pool.eq(pool.xor_(field(8, 32), number(0xff00ff, 32)), number(0x12345678, 32)));
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, field(16, 64)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->requests.front().input.size(), 24u);
  EXPECT_EQ(answer->requests.front().output_length, 8u);
  EXPECT_EQ(read(*answer, 0, 4), 7u);
  EXPECT_EQ(read(*answer, 8, 4), 0x12345678u ^ 0xff00ffu);
}

TEST_F(Path, ASumTakesTheOtherTermFromTheInput) {
  // A base that must not be zero plus an offset.
  assume(pool.eq(field(0, 64), number(0, 64)), false);
  const Expr address = pool.add(field(0, 64), pool.zext(field(8, 32), 64));
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, address));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->whole);
  EXPECT_EQ(read(*answer, 0, 8) + read(*answer, 8, 4), answer->canary_a);
}

TEST_F(Path, TheRangeOfTheArgumentBoundsTheCanaries) {
  assume(pool.ult(field(0, 32), number(0x606, 32)), false);
  assume(pool.ult(number(0x641, 32), field(0, 32)), false);
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, field(0, 32)));
  ASSERT_TRUE(answer);
  for (const std::uint64_t canary : {answer->canary_a, answer->canary_b}) {
    EXPECT_GE(canary, 0x606u);
    EXPECT_LE(canary, 0x641u);
  }
}

TEST_F(Path, AnArgumentBuiltFromPartsCarriesOne) {
  const Expr bus = pool.zext(field(0, 8), 32), slot = pool.zext(field(1, 8), 32);
  const auto shifted = [&](Expr e, unsigned by) { return pool.shift(symbolic::Kind::shl, e, number(by, 32)); };
  const Expr address =
      pool.or_(number(0x80000000, 32), pool.or_(shifted(bus, 16), shifted(pool.and_(slot, number(0x1f, 32)), 11)));
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, address));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->whole);
}

TEST_F(Path, LengthsThatMustBeEqual) {
  assume(pool.eq(in, out));
  assume(pool.ult(in, number(24, 32)), false);
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, field(8, 64)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->requests.front().input.size(), answer->requests.front().output_length);
  EXPECT_GE(answer->requests.front().input.size(), 24u);
}

TEST_F(Path, ABitThatMustBeSet) {
  assume(pool.eq(pool.and_(field(0, 32), number(4, 32)), number(0, 32)), false);
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, field(8, 32)));
  ASSERT_TRUE(answer);
  EXPECT_NE(read(*answer, 0, 4) & 4, 0u);
}

TEST_F(Path, AnotherPointerOfThePathLeadsIntoTheCallersMemory) {
  const ArrayId behind = pool.new_array("*source", symbolic::label_arbitrary_read);
  const Expr source = field(0, 64), count = pool.zext(field(16, 32), 64);
  const Through through[] = {{.pointer = source, .memory = behind, .count = count}};
  const auto answer = first(Solver(pool).solve(inputs(), facts, through, field(8, 64)));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->memory.size(), 1u);
  EXPECT_EQ(answer->memory[0].address, read(*answer, 0, 8));
  EXPECT_NE(read(*answer, 16, 4), 0u);
}

TEST_F(Path, MemoryBehindTheCanaryHoldsWhatThePathLooksFor) {
  const ArrayId behind = pool.new_array("*target", symbolic::label_arbitrary_read);
  const Expr target = field(0, 32);
  assume(pool.eq(target, pool.slice(behind, static_cast<std::uint64_t>(-4), 32)));
  const Through through[] = {{.pointer = target, .memory = behind}};
  const auto answer = first(Solver(pool).solve(inputs(), facts, through, target));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->memory.size(), 2u);
  EXPECT_EQ(answer->memory[0].address, answer->canary_a - 4);
  EXPECT_EQ(answer->memory[1].address, answer->canary_b - 4);
}

TEST_F(Path, AConstantThatIsAddedLeavesTheUpperBytesToTheCanary) {
  const Expr address = pool.add(field(8, 64), number(0x129, 64));
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, address));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->whole);
  EXPECT_EQ(read(*answer, answer->offset, answer->width), answer->canary_a);
  const std::uint64_t argument = read(*answer, 8, 8) + 0x129;
  EXPECT_EQ(argument >> (8 * (answer->offset - 8)) & ((std::uint64_t{1} << 8 * answer->width) - 1), answer->canary_a)
      << std::hex << argument;
}

TEST_F(Path, APortOfABaseAndAByteOfTheInput) {
  const Expr port = pool.add(pool.zext(field(0, 8), 16), number(0x300, 16));
  const auto answer = first(Solver(pool).solve(inputs(), facts, {}, port));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->width, 1u);
  EXPECT_EQ(read(*answer, 0, 1), answer->canary_a);
}

TEST_F(Path, AnArgumentThatShowsNoByteOfTheInputHasNoWitness) {
  EXPECT_FALSE(
      first(Solver(pool).solve(inputs(), facts, {}, pool.mul(pool.zext(field(0, 8), 32), number(0x10101010, 32)))));
}

TEST_F(Path, WhatTheCallerDoesNotSendIsNoWitness) {
  const Expr other = pool.symbol(32, symbolic::label_hardware, "port");
  EXPECT_FALSE(first(Solver(pool).solve(inputs(), facts, {}, other)));
}

TEST_F(Path, AContradictionHasNoAnswer) {
  assume(pool.eq(pool.mul(field(0, 32), field(0, 32)), number(2, 32))); // no square is 2 modulo 2^32
  EXPECT_FALSE(first(Solver(pool).solve(inputs(), facts, {}, field(12, 32))));
}

/// The first of two requests leaves a limit and an address, the second is checked against the limit.
TEST_F(Path, TwoRequestsAreSolvedTogether) {
  const ArrayId second_buffer = pool.new_array("SystemBuffer", symbolic::label_input);
  const Expr second_in = pool.symbol(32, symbolic::label_length, "InputBufferLength");
  const std::array<Inputs, 2> requests = {
      {{.bytes = {buffer}, .code = code, .input_length = in, .output_length = out},
       {.bytes = {second_buffer}, .code = code, .input_length = second_in, .output_length = out}}};
  assume(pool.ult(in, number(16, 32)), false);
  assume(pool.eq(second_in, number(4, 32)));
  assume(pool.ult(number(5, 32), pool.slice(second_buffer, 0, 32)));
  assume(pool.ult(pool.slice(second_buffer, 0, 32), field(0, 32)));
  const auto answer = first(Solver(pool).solve(requests, facts, {}, field(8, 64)));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->requests.size(), 2u);
  EXPECT_EQ(answer->carrier, 0u);
  EXPECT_EQ(read(*answer, answer->offset, answer->width), answer->canary_a);
  EXPECT_EQ(answer->requests[1].input.size(), 4u);
  const auto index = std::to_integer<unsigned>(answer->requests[1].input[0]);
  EXPECT_GT(index, 5u);
  EXPECT_GT(read(*answer, 0, 4), index);
  const auto other = first(Solver(pool).solve(requests, facts, {}, pool.slice(second_buffer, 0, 32)));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->carrier, 1u);
}

} // namespace
} // namespace ringfence::witness
