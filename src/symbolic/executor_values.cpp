// Values of the executor: what each operation computes. Widths up to 64 bits are exact; 128 bits are exact for moves
// and bitwise operations, and for the products and quotients that compilers make of 64-bit values; lanes, floating
// point and wider values are unknown, with the labels of their operands.

#include <ringfence/symbolic/executor.h>

#include <bit>

namespace ringfence::symbolic {

using ir::FlagKind;
using ir::Op;
using ir::Opcode;
using ir::Width;

namespace {

enum OpaqueName : std::uint64_t {
  opaque_shift = 1,
  opaque_scan = 2,
  opaque_lane = 3,
  opaque_float = 4,
  opaque_high_product = 5,
  opaque_swap = 6,
  opaque_parity = 7,
  opaque_overflow = 8,
  opaque_carry = 9
};

std::uint64_t rotate_amount(std::uint64_t by, unsigned bits) { return by % bits; }

} // namespace

Expr Executor::operand(const Op &op, std::uint8_t index, unsigned bits) {
  if (index == ir::kImmediate)
    return pool_.constant(op.imm, bits);
  if (index == ir::kNone)
    return pool_.constant(0, bits == 0 ? 1 : bits);
  return temporary_[index].value;
}

void Executor::compute(State &state, const Op &op, std::size_t index, std::uint64_t pc) {
  Temporary &out = temporary_[index];
  const unsigned bits = ir::bits_of(op.width);
  const auto inner_bits = [&] { return ir::bits_of(static_cast<Width>(op.kind)); };
  switch (op.code) {
  case Opcode::constant:
    out.value = pool_.constant(op.imm, bits);
    return;
  case Opcode::undefined:
    if (op.width == Width::flags)
      temporary_flags_[index] = {
          .undefined = ir::kAllFlags, .a = pool_.constant(0, 32), .b = pool_.constant(0, 32), .c = pool_.truth(false)};
    else
      out.value = unknown(bits, "undefined");
    return;
  case Opcode::get:
    if (op.kind >= ir::kFirstVectorRegister)
      out.value = state.vector[op.kind - ir::kFirstVectorRegister];
    else if (op.width == Width::flags)
      temporary_flags_[index] = state.flags;
    else
      out.value = state.scalar[op.kind];
    return;
  case Opcode::put:
    if (op.kind >= ir::kFirstVectorRegister)
      state.vector[op.kind - ir::kFirstVectorRegister] = operand(op, op.a, 128);
    else if (op.width == Width::flags || op.kind == ir::flags_register(architecture_))
      state.flags = temporary_flags_[op.a];
    else
      state.scalar[op.kind] = operand(op, op.a, bits);
    return;
  case Opcode::get_indexed:
  case Opcode::put_indexed:
    indexed_register(state, op, out);
    return;
  case Opcode::fp:
    floating_point(op, index);
    return;
  case Opcode::load:
    out.value = load(state, operand(op, op.a, pointer_bits()), ir::bytes_of(op.width), pc);
    return;
  case Opcode::store:
    store(state, operand(op, op.a, pointer_bits()), operand(op, op.b, bits), pc);
    return;
  case Opcode::bulk:
    bulk(state, op, index, pc);
    return;
  case Opcode::sys:
    system(state, op, index, pc);
    return;
  case Opcode::unknown:
    add_gap(Gap::What::unknown_instruction, pc);
    return;
  case Opcode::flags:
  case Opcode::flags_with:
  case Opcode::flags_undefine:
  case Opcode::condition:
  case Opcode::flags_word:
    flags_operation(state, op, index);
    return;
  case Opcode::select:
    if (op.width == Width::flags) {
      const Expr c = operand(op, op.a, 1);
      const auto decided = state.facts.decide(pool_, c);
      FlagsValue chosen = temporary_flags_[decided.value_or(true) ? op.b : op.c];
      if (!decided)
        chosen.undefined = ir::kAllFlags;
      temporary_flags_[index] = chosen;
      return;
    }
    out.value = pool_.ite(operand(op, op.a, 1), operand(op, op.b, bits), operand(op, op.c, bits));
    return;
  case Opcode::zext:
    out.value = pool_.zext(operand(op, op.a, inner_bits()), bits);
    return;
  case Opcode::sext:
    out.value = pool_.sext(operand(op, op.a, inner_bits()), bits);
    return;
  case Opcode::trunc:
    if (inner_bits() == 256 && op.a < 254) {
      out.value = pool_.extract(temporary_[op.a].word[0], 0, std::min(bits, 64u));
      return;
    }
    out.value = pool_.extract(operand(op, op.a, inner_bits()), 0, bits);
    return;
  case Opcode::extract:
    if (inner_bits() == 256 && op.a < 254)
      out.value = op.imm % 64 == 0 ? pool_.extract(temporary_[op.a].word[op.imm / 64], 0, std::min(bits, 64u))
                                   : unknown(bits, "wide");
    else if (inner_bits() > 128)
      out.value = unknown(bits, "wide");
    else
      out.value = pool_.extract(operand(op, op.a, inner_bits()), static_cast<unsigned>(op.imm), bits);
    return;
  default:
    out.value = arithmetic(op);
    return;
  }
}

/// The x87's registers by number. A write to an unknown one makes all eight unknown.
void Executor::indexed_register(State &state, const Op &op, Temporary &out) {
  const Expr index = operand(op, op.a, 8);
  const std::size_t first = op.kind - ir::kFirstVectorRegister;
  const bool is_known = pool_.is_constant(index);
  const std::size_t number = first + (is_known ? pool_.value(index) & 7 : 0);
  if (op.code == Opcode::get_indexed) {
    out.value = is_known ? state.vector[number] : unknown(128, "x87 register");
    return;
  }
  if (is_known) {
    state.vector[number] = operand(op, op.b, 128);
    return;
  }
  for (std::size_t i = first; i < first + 8; ++i)
    state.vector[i] = unknown(128, "x87 register");
}

/// No floating-point value is known but as the result of this operation on these operands; nor is a comparison's.
void Executor::floating_point(const Op &op, std::size_t index) {
  const Width result = ir::result_width(op);
  if (result == Width::flags) {
    temporary_flags_[index] = {
        .undefined = ir::kAllFlags, .a = pool_.constant(0, 32), .b = pool_.constant(0, 32), .c = pool_.truth(false)};
    return;
  }
  const Expr a = operand(op, op.a, 64), b = operand(op, op.b, 16), c = operand(op, op.c, 16);
  temporary_[index].value = pool_.opaque(opaque_float << 32 | op.kind, ir::bits_of(result), a, b, c);
}

Expr Executor::arithmetic(const Op &op) {
  const unsigned bits = ir::bits_of(op.width);
  if (bits > 128)
    return unknown(bits > 128 ? 128 : bits, "wide");
  const Expr a = operand(op, op.a, op.code == Opcode::concat ? bits / 2 : bits);
  const bool unary = op.code == Opcode::not_ || op.code == Opcode::clz || op.code == Opcode::ctz ||
                     op.code == Opcode::popcount || op.code == Opcode::bswap;
  const Expr b =
      unary ? a
            : operand(op, op.b,
                      op.code == Opcode::concat || op.code == Opcode::insert ? ir::bits_of(static_cast<Width>(op.kind))
                                                                             : bits);
  if (bits == 128 && op.code != Opcode::concat && op.code != Opcode::insert && op.code != Opcode::lane)
    return wide_arithmetic(op, a, b);
  switch (op.code) {
  case Opcode::add:
    return pool_.add(a, b);
  case Opcode::sub:
    return pool_.sub(a, b);
  case Opcode::mul:
    return pool_.mul(a, b);
  case Opcode::udiv:
    return pool_.div(Kind::udiv, a, b);
  case Opcode::urem:
    return pool_.div(Kind::urem, a, b);
  case Opcode::sdiv:
    return pool_.div(Kind::sdiv, a, b);
  case Opcode::srem:
    return pool_.div(Kind::srem, a, b);
  case Opcode::and_:
    return pool_.and_(a, b);
  case Opcode::or_:
    return pool_.or_(a, b);
  case Opcode::xor_:
    return pool_.xor_(a, b);
  case Opcode::not_:
    return pool_.not_(a);
  case Opcode::shl:
    return pool_.shift(Kind::shl, a, b);
  case Opcode::shr:
    return pool_.shift(Kind::shr, a, b);
  case Opcode::sar:
    return pool_.shift(Kind::sar, a, b);
  case Opcode::rol:
  case Opcode::ror: {
    if (!pool_.is_constant(b))
      return pool_.opaque(opaque_shift + (op.code == Opcode::rol ? 100u : 0u), bits, a, b, a);
    std::uint64_t by = rotate_amount(pool_.value(b), bits);
    if (by == 0)
      return a;
    if (op.code == Opcode::ror)
      by = bits - by;
    const auto left = static_cast<unsigned>(by);
    return pool_.concat(pool_.extract(a, 0, bits - left), pool_.extract(a, bits - left, left));
  }
  case Opcode::eq:
    return pool_.eq(a, b);
  case Opcode::ne:
    return pool_.not_(pool_.eq(a, b));
  case Opcode::ult:
    return pool_.ult(a, b);
  case Opcode::ule:
    return pool_.ule(a, b);
  case Opcode::slt:
    return pool_.slt(a, b);
  case Opcode::sle:
    return pool_.sle(a, b);
  case Opcode::concat:
    return pool_.concat(a, b);
  case Opcode::insert: {
    const unsigned part = pool_.bits(b), low = static_cast<unsigned>(op.imm);
    Expr out = low == 0 ? b : pool_.concat(b, pool_.extract(a, 0, low));
    if (low + part < bits)
      out = pool_.concat(pool_.extract(a, low + part, bits - low - part), out);
    return out;
  }
  case Opcode::bswap: {
    if (bits == 8)
      return a;
    Expr out = pool_.extract(a, 0, 8);
    for (unsigned at = 8; at < bits; at += 8)
      out = pool_.concat(out, pool_.extract(a, at, 8));
    return out;
  }
  case Opcode::clz:
  case Opcode::ctz:
  case Opcode::popcount:
    if (pool_.is_constant(a)) {
      const std::uint64_t v = pool_.value(a);
      const int count = op.code == Opcode::popcount ? std::popcount(v)
                        : op.code == Opcode::ctz    ? (v == 0 ? static_cast<int>(bits) : std::countr_zero(v))
                                                    : std::countl_zero(v) - static_cast<int>(64 - bits);
      return pool_.constant(static_cast<std::uint64_t>(count), bits);
    }
    return pool_.opaque(opaque_scan * 256 + static_cast<unsigned>(op.code), bits, a, a, a);
  case Opcode::lane: {
    const unsigned result = ir::bits_of(ir::result_width(op));
    return pool_.opaque(opaque_lane << 32 | static_cast<std::uint64_t>(op.kind) << 8 | (op.imm & 0xff),
                        result > 128 ? 128 : result, a, b, a);
  }
  default:
    return unknown(bits == 0 ? 1 : bits, "value");
  }
}

Expr Executor::wide_arithmetic(const Op &op, Expr a, Expr b) {
  const Expr al = pool_.extract(a, 0, 64), ah = pool_.extract(a, 64, 64);
  const Expr bl = pool_.extract(b, 0, 64), bh = pool_.extract(b, 64, 64);
  const bool high_zero = pool_.is_constant(ah, 0) && pool_.is_constant(bh, 0);
  switch (op.code) {
  case Opcode::and_:
    return pool_.concat(pool_.and_(ah, bh), pool_.and_(al, bl));
  case Opcode::or_:
    return pool_.concat(pool_.or_(ah, bh), pool_.or_(al, bl));
  case Opcode::xor_:
    return pool_.concat(pool_.xor_(ah, bh), pool_.xor_(al, bl));
  case Opcode::not_:
    return pool_.concat(pool_.not_(ah), pool_.not_(al));
  case Opcode::mul:
    return pool_.concat(pool_.opaque(opaque_high_product, 64, al, bl, ah), pool_.mul(al, bl));
  case Opcode::udiv:
  case Opcode::urem:
    if (high_zero)
      return pool_.zext(pool_.div(op.code == Opcode::udiv ? Kind::udiv : Kind::urem, al, bl), 128);
    break;
  case Opcode::sdiv:
  case Opcode::srem: // a sign-extended 64-bit dividend: cqo; idiv
    if (pool_[a].kind == Kind::sext || high_zero)
      return pool_.sext(pool_.div(op.code == Opcode::sdiv ? Kind::sdiv : Kind::srem, al, bl), 128);
    break;
  case Opcode::eq:
  case Opcode::ne: {
    const Expr same = pool_.and_(pool_.eq(al, bl), pool_.eq(ah, bh));
    return op.code == Opcode::eq ? same : pool_.not_(same);
  }
  case Opcode::ult:
  case Opcode::ule:
    if (high_zero)
      return op.code == Opcode::ult ? pool_.ult(al, bl) : pool_.ule(al, bl);
    return pool_.opaque(opaque_overflow, 1, a, b, a);
  case Opcode::slt:
  case Opcode::sle:
    return pool_.opaque(opaque_overflow + 16, 1, a, b, a);
  case Opcode::shl:
  case Opcode::shr:
  case Opcode::sar:
    if (pool_.is_constant(b)) {
      const std::uint64_t by = pool_.value(b);
      if (by >= 128)
        return pool_.constant(0, 128);
      const auto n = static_cast<unsigned>(by);
      if (n == 0)
        return a;
      if (op.code == Opcode::shl)
        return pool_.concat(pool_.extract(a, 0, 128 - n), pool_.constant(0, n));
      return op.code == Opcode::shr ? pool_.zext(pool_.extract(a, n, 128 - n), 128)
                                    : pool_.sext(pool_.extract(a, n, 128 - n), 128);
    }
    break;
  default:
    break;
  }
  return pool_.opaque(opaque_lane << 40 | static_cast<std::uint64_t>(op.code), 128, a, b, a);
}

void Executor::flags_operation(State &state, const Op &op, std::size_t index) {
  const unsigned bits = ir::bits_of(op.width);
  switch (op.code) {
  case Opcode::flags: {
    FlagsValue &out = temporary_flags_[index];
    const unsigned w = bits == 0 ? 32 : bits;
    out = {.kind = static_cast<FlagKind>(op.kind), .width = op.width, .a = operand(op, op.a, w)};
    const bool b_is_bit = out.kind == FlagKind::inc || out.kind == FlagKind::dec;
    out.b = op.b == ir::kNone ? pool_.constant(0, w) : operand(op, op.b, b_is_bit ? 1 : w);
    out.c = op.c == ir::kNone ? pool_.truth(false) : operand(op, op.c, 1);
    return;
  }
  case Opcode::flags_with: {
    FlagsValue out = temporary_flags_[op.a];
    const auto bit = static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(op.kind)));
    out.known = static_cast<std::uint8_t>(out.known | op.kind);
    out.undefined = static_cast<std::uint8_t>(out.undefined & ~op.kind);
    if (bit < out.override_value.size())
      out.override_value[bit] = operand(op, op.b, 1);
    temporary_flags_[index] = out;
    return;
  }
  case Opcode::flags_undefine: {
    FlagsValue out = temporary_flags_[op.a];
    out.undefined = static_cast<std::uint8_t>(out.undefined | op.kind);
    temporary_flags_[index] = out;
    return;
  }
  case Opcode::condition: {
    const Expr value = condition_of(temporary_flags_[op.a], static_cast<ir::Condition>(op.kind));
    temporary_[index].value = value;
    return;
  }
  default: { // flags_word
    const FlagsValue &flags = temporary_flags_[op.a];
    static constexpr unsigned position[] = {0, 2, 4, 6, 7, 11}; // CF PF AF ZF SF OF in EFLAGS
    Expr word = pool_.constant(0, 32);
    for (unsigned bit = 0; bit < 6; ++bit)
      word = pool_.or_(word,
                       pool_.shift(Kind::shl, pool_.zext(flag_bit(flags, bit), 32), pool_.constant(position[bit], 32)));
    temporary_[index].value = bits != 0 ? pool_.extract(word, 0, std::min(bits, 32u)) : word;
    if (bits == 64)
      temporary_[index].value = pool_.zext(word, 64);
    (void)state;
    return;
  }
  }
}

/// One flag of a record; bit: 0 carry, 1 parity, 2 adjust, 3 zero, 4 sign, 5 overflow.
Expr Executor::flag_bit(const FlagsValue &f, unsigned bit) {
  const auto mask = 1u << bit;
  if ((f.known & mask) != 0)
    return f.override_value[bit];
  if ((f.undefined & mask) != 0)
    return unknown(1, "flag");
  const unsigned bits = std::max(1u, ir::bits_of(f.width));
  const auto result = [&]() -> Expr {
    switch (f.kind) {
    case FlagKind::add:
      return pool_.add(f.a, f.b);
    case FlagKind::adc:
      return pool_.add(pool_.add(f.a, f.b), pool_.zext(f.c, bits));
    case FlagKind::sub:
    case FlagKind::sub_inverted:
      return pool_.sub(f.a, f.b);
    case FlagKind::sbb:
      return pool_.sub(pool_.sub(f.a, f.b), pool_.zext(f.c, bits));
    case FlagKind::sbc_inverted:
      return pool_.add(pool_.add(f.a, pool_.not_(f.b)), pool_.zext(f.c, bits));
    case FlagKind::inc:
      return pool_.add(f.a, pool_.constant(1, bits));
    case FlagKind::dec:
      return pool_.sub(f.a, pool_.constant(1, bits));
    case FlagKind::shl:
      return pool_.shift(Kind::shl, f.a, f.b);
    case FlagKind::shr:
      return pool_.shift(Kind::shr, f.a, f.b);
    case FlagKind::sar:
      return pool_.shift(Kind::sar, f.a, f.b);
    default:
      return f.a;
    }
  };
  if (f.kind == FlagKind::word || f.kind == FlagKind::nzcv) {
    static constexpr unsigned x86_position[] = {0, 2, 4, 6, 7, 11}, arm_position[] = {29, 0, 0, 30, 31, 28};
    return pool_.extract(f.a, (f.kind == FlagKind::word ? x86_position : arm_position)[bit], 1);
  }
  if (f.kind == FlagKind::multiply)
    return bit == 0 || bit == 5 ? f.a : unknown(1, "flag");
  switch (bit) {
  case 3:
    return f.kind == FlagKind::sub || f.kind == FlagKind::sub_inverted ? pool_.eq(f.a, f.b)
                                                                       : pool_.eq(result(), pool_.constant(0, bits));
  case 4:
    return pool_.extract(result(), bits - 1, 1);
  case 0:
    switch (f.kind) {
    case FlagKind::add:
      return pool_.ult(result(), f.a);
    case FlagKind::sub:
      return pool_.ult(f.a, f.b);
    case FlagKind::sub_inverted:
      return pool_.ule(f.b, f.a);
    case FlagKind::logic:
      return pool_.truth(false);
    case FlagKind::inc:
    case FlagKind::dec:
      return f.b;
    case FlagKind::adc:
      if (bits < 64) {
        const Expr sum =
            pool_.add(pool_.add(pool_.zext(f.a, bits + 1), pool_.zext(f.b, bits + 1)), pool_.zext(f.c, bits + 1));
        return pool_.extract(sum, bits, 1);
      }
      break;
    case FlagKind::sbb:
      if (const auto whole = pool_.joined_operands(f.a, f.b, f.c))
        return pool_.ult(whole->first, whole->second);
      return pool_.or_(pool_.ult(f.a, f.b), pool_.and_(pool_.eq(f.a, f.b), f.c));
    case FlagKind::shl:
      if (pool_.is_constant(f.b) && pool_.value(f.b) <= bits && pool_.value(f.b) > 0)
        return pool_.extract(f.a, bits - static_cast<unsigned>(pool_.value(f.b)), 1);
      break;
    case FlagKind::shr:
    case FlagKind::sar:
      if (pool_.is_constant(f.b) && pool_.value(f.b) <= bits && pool_.value(f.b) > 0)
        return pool_.extract(f.a, static_cast<unsigned>(pool_.value(f.b)) - 1, 1);
      break;
    default:
      break;
    }
    return pool_.opaque(opaque_carry + (static_cast<std::uint64_t>(f.kind) << 8), 1, f.a, f.b, f.c);
  case 5:
    switch (f.kind) {
    case FlagKind::logic:
      return pool_.truth(false);
    case FlagKind::sub:
    case FlagKind::sub_inverted: // sign of r differs from (a <s b)
      return pool_.xor_(pool_.slt(f.a, f.b), pool_.extract(pool_.sub(f.a, f.b), bits - 1, 1));
    case FlagKind::add: {
      const Expr r = result();
      const Expr mixed = pool_.and_(pool_.xor_(f.a, r), pool_.xor_(f.b, r));
      return pool_.extract(mixed, bits - 1, 1);
    }
    default:
      return pool_.opaque(opaque_overflow + (static_cast<std::uint64_t>(f.kind) << 8), 1, f.a, f.b, f.c);
    }
  case 1:
    if (const Expr r = result(); pool_.is_constant(r))
      return pool_.truth(std::popcount(pool_.value(r) & 0xff) % 2 == 0);
    return pool_.opaque(opaque_parity, 1, result(), f.c, f.c);
  default:
    return pool_.opaque(opaque_parity + 1, 1, f.a, f.b, f.c);
  }
}

Expr Executor::condition_of(const FlagsValue &f, ir::Condition condition) {
  using ir::Condition;
  const bool plain = f.known == 0 && f.undefined == 0;
  const bool compare = plain && f.kind == FlagKind::sub;
  const bool compare_inverted = plain && f.kind == FlagKind::sub_inverted;
  const bool logic = plain && f.kind == FlagKind::logic;
  const unsigned bits = std::max(1u, ir::bits_of(f.width));
  const auto zero = [&] { return pool_.constant(0, bits); };
  switch (condition) {
  case Condition::o:
    return flag_bit(f, 5);
  case Condition::no:
    return pool_.not_(flag_bit(f, 5));
  case Condition::b:
    return flag_bit(f, 0);
  case Condition::ae:
    return pool_.not_(flag_bit(f, 0));
  case Condition::e:
    return flag_bit(f, 3);
  case Condition::ne:
    return pool_.not_(flag_bit(f, 3));
  case Condition::be:
    return compare ? pool_.ule(f.a, f.b) : pool_.or_(flag_bit(f, 0), flag_bit(f, 3));
  case Condition::a:
    return pool_.not_(condition_of(f, Condition::be));
  case Condition::s:
    return logic ? pool_.slt(f.a, zero()) : flag_bit(f, 4);
  case Condition::ns:
    return pool_.not_(condition_of(f, Condition::s));
  case Condition::p:
    return flag_bit(f, 1);
  case Condition::np:
    return pool_.not_(flag_bit(f, 1));
  case Condition::l:
    if (compare || compare_inverted)
      return pool_.slt(f.a, f.b);
    if (plain && f.kind == FlagKind::sbb)
      if (const auto whole = pool_.joined_operands(f.a, f.b, f.c))
        return pool_.slt(whole->first, whole->second);
    return logic ? pool_.slt(f.a, zero()) : pool_.xor_(flag_bit(f, 4), flag_bit(f, 5));
  case Condition::ge:
    return pool_.not_(condition_of(f, Condition::l));
  case Condition::le:
    if (compare || compare_inverted)
      return pool_.sle(f.a, f.b);
    return pool_.or_(flag_bit(f, 3), condition_of(f, Condition::l));
  case Condition::g:
    return pool_.not_(condition_of(f, Condition::le));
  case Condition::adjust:
    return flag_bit(f, 2);
  case Condition::hi:
    return compare_inverted ? pool_.ult(f.b, f.a) : pool_.and_(flag_bit(f, 0), pool_.not_(flag_bit(f, 3)));
  case Condition::ls:
    return pool_.not_(condition_of(f, Condition::hi));
  default:
    return unknown(1, "condition");
  }
}

void Executor::system(State &state, const Op &op, std::size_t index, std::uint64_t pc) {
  const std::array<Expr, 3> inputs{op.a == ir::kNone ? Expr(0) : operand(op, op.a, 64),
                                   op.b == ir::kNone ? Expr(0) : operand(op, op.b, 64),
                                   op.c == ir::kNone ? Expr(0) : operand(op, op.c, 64)};
  const unsigned bits = ir::bits_of(ir::result_width(op));
  const Expr result = host_.sys(*this, state, static_cast<ir::SysOp>(op.kind), op.width, inputs, bits, pc);
  if (bits != 0)
    temporary_[index].value = result != Expr(0) ? result : pool_.symbol(bits, label_hardware, "sys");
}

} // namespace ringfence::symbolic
