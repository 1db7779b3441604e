// The verbs that read, write, allocate and map memory, with numbers: copies, MDLs, interlocked routines, lists.

#include "machine.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::replay {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using kernel::Verb;

void OutsideCall::memory(const Effect &effect) {
  namespace MDL = kernel::layout::MDL;
  const auto word = machine.word();
  switch (effect.verb) {
  case Verb::source: // what the outside would answer is zero
    if (const kernel::Operand *at = effect.find(Key::at); at && at->path() && at->path()->dereferences == 0) {
      result = result.value_or(0);
    } else if (const std::uint64_t to = place(effect, Key::at); to != 0 && effect.kind != Kind::registry) {
      const std::vector<std::byte> zeros(
          static_cast<std::size_t>(std::min<std::uint64_t>(operand(effect, Key::size, machine.pointer()), 0x10000)));
      machine.save_bytes(to, zeros);
    }
    return;
  case Verb::copy: {
    const std::uint64_t size = operand(effect, Key::size);
    std::uint64_t from = place(effect, Key::from);
    if (from == 0)
      from = operand(effect, Key::from);
    if (size != 0 && effect.kind != Kind::physical)
      machine.save_bytes(place(effect, Key::to), machine.load_bytes(from, size));
    return produce(effect, size);
  }
  case Verb::fill: {
    const std::uint64_t size = operand(effect, Key::size);
    constexpr std::uint64_t most = 1u << 24;
    if (size > most)
      return machine.stop("a routine fills " + hex(size) + " bytes");
    return machine.save_bytes(place(effect, Key::to),
                              std::vector<std::byte>(static_cast<std::size_t>(size),
                                                     static_cast<std::byte>(operand(effect, Key::value) & 0xff)));
  }
  case Verb::set:
    return produce(effect, operand(effect, Key::value), Key::to);
  case Verb::initialize:
    if (effect.find(Key::callback) &&
        place(effect, Key::at) != 0) { // remembered in the object, so that a queued one can be run
      const std::uint64_t at = place(effect, Key::at);
      machine.save(at + (word == kernel::WordSize::bits64 ? 0x18 : 0x0c), operand(effect, Key::callback),
                   machine.pointer());
      machine.save(at + (word == kernel::WordSize::bits64 ? 0x20 : 0x10), operand(effect, Key::context),
                   machine.pointer());
    } else if (effect.kind == Kind::list_head && place(effect, Key::at) != 0) {
      const std::uint64_t at = place(effect, Key::at);
      machine.save(at, at, machine.pointer());
      machine.save(at + machine.pointer(), at, machine.pointer());
    }
    return;
  case Verb::describe_pages: {
    const std::uint64_t mdl = effect.find(Key::at) ? operand(effect, Key::at) : result.value_or(0);
    const std::uint64_t from = operand(effect, Key::from);
    if (mdl == 0)
      return;
    if (effect.find(Key::result)) { // IoAllocateMdl
      machine.save(mdl + MDL::StartVa.at(word), from & ~std::uint64_t{0xfff}, machine.pointer());
      machine.save(mdl + MDL::ByteOffset.at(word), from & 0xfff, 4);
      machine.save(mdl + MDL::ByteCount.at(word), operand(effect, Key::size), 4);
    } else {
      const std::uint64_t start = machine.load(mdl + MDL::StartVa.at(word), machine.pointer()) +
                                  machine.load(mdl + MDL::ByteOffset.at(word), 4);
      machine.save(mdl + MDL::MappedSystemVa.at(word), start, machine.pointer());
      machine.save(mdl + MDL::MdlFlags.at(word), machine.load(mdl + MDL::MdlFlags.at(word), 2) | 4, 2);
    }
    return;
  }
  default:
    return;
  }
}

void OutsideCall::allocate(const Effect &effect) {
  constexpr std::uint64_t largest = 16u << 20;
  std::uint64_t size = operand(effect, Key::size, 0x400);
  if (effect.find(Key::count))
    size *= std::max<std::uint64_t>(operand(effect, Key::count), 1);
  if (effect.kind == Kind::contiguous)
    machine.observe("NumberOfBytes", size);
  if (size > largest) { // no driver gets that
    failed = true;
    return produce(effect, 0);
  }
  const bool small_object = effect.kind == Kind::mdl || effect.kind == Kind::work_item || effect.kind == Kind::timer ||
                            effect.kind == Kind::irp;
  produce(effect, machine.allocate(small_object ? 0x400 : size, RegionKind::pool));
}

void OutsideCall::map(const Effect &effect) {
  namespace MDL = kernel::layout::MDL;
  const auto word = machine.word();
  if (effect.kind == Kind::mdl) {
    const std::uint64_t mdl = operand(effect, Key::at);
    if (mdl == 0)
      return produce(effect, 0);
    const std::uint64_t mapped = machine.load(mdl + MDL::MappedSystemVa.at(word), machine.pointer());
    const std::uint64_t start =
        machine.load(mdl + MDL::StartVa.at(word), machine.pointer()) + machine.load(mdl + MDL::ByteOffset.at(word), 4);
    constexpr std::uint64_t user_mode = 1;
    if (effect.find(Key::mode) && (operand(effect, Key::mode) & 0xff) == user_mode)
      machine.observe("VirtualAddress", start);
    return produce(effect, mapped != 0 ? mapped : start);
  }
  constexpr std::uint64_t most = 0x100000;
  const std::uint64_t size = std::clamp<std::uint64_t>(operand(effect, Key::size, 0x1000), 1, most);
  // A view keeps the offset within its page, as the system does.
  produce(effect, machine.allocate((size + 0xfff) & ~std::uint64_t{0xfff}, RegionKind::physical));
}

/// Pages that are locked for user mode have to be the caller's.
void OutsideCall::lock_pages(const Effect &effect) {
  namespace MDL = kernel::layout::MDL;
  constexpr std::uint64_t user_mode = 1;
  const auto word = machine.word();
  if (effect.find(Key::size) || !effect.find(Key::mode) || (operand(effect, Key::mode) & 0xff) != user_mode)
    return;
  const std::uint64_t mdl = operand(effect, Key::at);
  const std::uint64_t start = machine.load(mdl + MDL::StartVa.at(word), machine.pointer()),
                      size = machine.load(mdl + MDL::ByteCount.at(word), 4), limit = machine.user_limit();
  failed = size != 0 && (start >= limit || size > limit - start);
}

void OutsideCall::interlocked(const Effect &effect) {
  const std::uint64_t at = place(effect, Key::at);
  if (at == 0)
    return;
  const unsigned path_width = effect.find(Key::at)->path()->width.at(machine.word());
  const unsigned width = path_width == 8 || path_width == 2 || path_width == 1 ? path_width : 4;
  const std::uint64_t old = machine.load(at, width), value = operand(effect, Key::value);
  std::uint64_t next = old, out = old;
  switch (effect.kind) {
  case Kind::increment:
    out = next = old + 1;
    break;
  case Kind::decrement:
    out = next = old - 1;
    break;
  case Kind::exchange:
    next = value;
    break;
  case Kind::compare_exchange:
    next = old == operand(effect, Key::from) ? value : old;
    break;
  case Kind::exchange_add:
  case Kind::add:
    next = old + value;
    break;
  case Kind::and_:
    next = old & value;
    break;
  case Kind::or_:
    next = old | value;
    break;
  default:
    next = old ^ value;
    break;
  }
  machine.save(at, next, width);
  produce(effect, out);
}

void OutsideCall::arithmetic(const Effect &effect) {
  const std::uint64_t a = operand(effect, Key::at), b = operand(effect, Key::value);
  const auto sa = static_cast<std::int64_t>(a), sb = static_cast<std::int64_t>(b);
  const bool divides = effect.kind == Kind::divide || effect.kind == Kind::divide_unsigned ||
                       effect.kind == Kind::remainder || effect.kind == Kind::remainder_unsigned;
  if (divides && (b == 0 || (sb == -1 && (effect.kind == Kind::divide || effect.kind == Kind::remainder))))
    return machine.stop("a division without a result");
  switch (effect.kind) {
  case Kind::multiply:
    return produce(effect, a * b);
  case Kind::divide:
    return produce(effect, static_cast<std::uint64_t>(sa / sb));
  case Kind::divide_unsigned:
    return produce(effect, a / b);
  case Kind::remainder:
    return produce(effect, static_cast<std::uint64_t>(sa % sb));
  case Kind::remainder_unsigned:
    return produce(effect, a % b);
  case Kind::shift_left:
    return produce(effect, a << (b & 63));
  case Kind::shift_right:
    return produce(effect, static_cast<std::uint64_t>(sa >> (b & 63)));
  case Kind::shift_right_unsigned:
    return produce(effect, a >> (b & 63));
  case Kind::add:
    return produce(effect, a + b);
  default:
    return produce(effect, a - b);
  }
}

/// Doubly linked lists; what comes off others is nothing.
void OutsideCall::list(const Effect &effect) {
  const unsigned p = machine.pointer();
  const std::uint64_t head = place(effect, Key::at), entry = operand(effect, Key::value);
  if (head == 0)
    return;
  const std::uint64_t first = machine.load(head, p);
  switch (effect.kind) {
  case Kind::insert_head:
  case Kind::insert_tail: {
    const std::uint64_t last = machine.load(head + p, p);
    const std::uint64_t before = effect.kind == Kind::insert_head ? head : last,
                        after = effect.kind == Kind::insert_head ? first : head;
    if (entry == 0 || first == 0 || last == 0)
      return produce(effect, 0);
    machine.save(entry, after, p);
    machine.save(entry + p, before, p);
    machine.save(before, entry, p);
    machine.save(after + p, entry, p);
    return produce(effect, first == head ? 0 : first);
  }
  case Kind::remove_head: {
    if (first == head || first == 0)
      return produce(effect, 0);
    const std::uint64_t next = machine.load(first, p);
    machine.save(head, next, p);
    machine.save(next + p, head, p);
    return produce(effect, first);
  }
  default:
    return produce(effect, 0);
  }
}

} // namespace ringfence::replay
