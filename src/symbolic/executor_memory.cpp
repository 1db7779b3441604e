// Memory of the executor: from an address expression to an object, and bulk operations over objects.

#include <ringfence/symbolic/executor.h>

#include <algorithm>

namespace ringfence::symbolic {
namespace {

constexpr std::uint64_t largest_known_copy = 0x2000;
constexpr std::uint64_t before_object =
    0x10000; ///< how far below an object a constant may point when an index is added

/// How much a term looks like the pointer of an address: a whole pointer-sized value, better not an index.
int pointer_rank(const ExprPool &pool, Expr e, unsigned bits) {
  const Node &n = pool[e];
  int rank = 0;
  if (n.bits == bits &&
      (n.kind == Kind::slice || n.kind == Kind::symbol || n.kind == Kind::read || n.kind == Kind::ite))
    rank += 4;
  if (n.kind == Kind::zext || n.kind == Kind::sext || n.kind == Kind::shl || n.kind == Kind::mul)
    rank -= 2;
  if ((n.labels & (label_kernel | label_user_pointer)) != 0)
    rank += 1;
  if ((n.labels & (label_input | label_length)) != 0)
    rank -= 1;
  return rank;
}

/// Memory whose content is the driver's or the system's business.
bool is_own(ObjectKind kind) {
  return kind == ObjectKind::image || kind == ObjectKind::kernel || kind == ObjectKind::pool ||
         kind == ObjectKind::pointed;
}

} // namespace

Executor::Place Executor::resolve(State &state, Expr address) {
  const unsigned bits = pointer_bits();
  if (pool_.is_constant(address)) {
    const std::uint64_t at = pool_.value(address);
    if (const auto object = objects_.at(at))
      return {*object, pool_.constant(at - objects_[*object].base, bits)};
    return {objects_.behind(address), pool_.constant(0, bits), true};
  }
  const Range r = state.facts.range(pool_, address);
  if (r.is_single())
    return resolve(state, pool_.constant(r.low, bits));
  std::vector<Expr> terms = pool_.terms_of(address);
  std::uint64_t constant = 0;
  std::erase_if(terms, [&](Expr term) {
    constant += pool_.is_constant(term) ? pool_.value(term) : 0;
    return pool_.is_constant(term);
  });
  constant &= low_mask(bits);
  const auto in_object = [&]() -> std::optional<ObjectId> {
    if (const auto object = objects_.at(constant))
      return object;
    if (const auto object = objects_.at(constant + before_object))
      return object;
    return std::nullopt;
  }();
  if (!in_object) // table + (index + constant), where the constant has become part of the table's address
    if (const auto object = objects_.at(r.low); object && r.high - objects_[*object].base < objects_[*object].size)
      return {*object, pool_.sub(address, pool_.constant(objects_[*object].base, bits))};
  if (in_object)
    return {*in_object, pool_.sub(address, pool_.constant(objects_[*in_object].base, bits))};
  Expr base = terms.front();
  for (const Expr term : terms) {
    if (objects_.existing_behind(term)) {
      base = term;
      break;
    }
    if (pointer_rank(pool_, term, bits) > pointer_rank(pool_, base, bits))
      base = term;
  }
  return {objects_.behind(base), pool_.sub(address, base), true};
}

bool Executor::is_watched(const Place &place, bool write) const {
  return place.behind_pointer || is_watched(objects_[place.object].kind, write) ||
         (write && !pool_.is_constant(place.offset));
}

bool Executor::is_watched(ObjectKind kind, bool write) {
  return kind == ObjectKind::physical || kind == ObjectKind::input ||
         (write && (kind == ObjectKind::pool || kind == ObjectKind::kernel));
}

/// The object at a constant address whose accesses nobody watches: mostly the stack.
std::optional<ObjectId> Executor::plain_object(Expr address, bool write) const {
  const auto object = pool_.is_constant(address) ? objects_.at(pool_.value(address)) : std::nullopt;
  return object && !is_watched(objects_[*object].kind, write) ? object : std::nullopt;
}

Expr Executor::load(State &state, Expr address, unsigned bytes, std::uint64_t pc) {
  if (const auto object = plain_object(address, false); object && bytes <= 16) {
    const std::uint64_t offset = pool_.value(address) - objects_[*object].base;
    if (objects_[*object].kind != ObjectKind::stack)
      host_.reads(state, *object, offset, bytes);
    return state.memory.load(pool_, objects_, *object, offset, bytes);
  }
  const Place place = resolve(state, address);
  if (is_watched(place, false))
    host_.access(*this, state,
                 {.pc = pc, .address = address, .bytes = bytes, .object = place.object, .offset = place.offset});
  const Object &object = objects_[place.object];
  if (pool_.is_constant(place.offset)) {
    if (object.kind != ObjectKind::stack)
      host_.reads(state, place.object, pool_.value(place.offset), bytes);
    if (bytes <= 16)
      return state.memory.load(pool_, objects_, place.object, pool_.value(place.offset), bytes);
    return unknown(128, "wide");
  }
  if (object.kind != ObjectKind::stack)
    host_.reads_somewhere(state, place.object, place.offset, bytes);
  const Range r = state.facts.range(pool_, place.offset);
  if (r.is_single() && bytes <= 16)
    return state.memory.load(pool_, objects_, place.object, r.low, bytes);
  const bool bounded = r.high < object.size;
  if (bytes > 16)
    return unknown(128, "wide");
  if (bounded && bytes == pointer_bits() / 8 && is_own(object.kind)) {
    const std::uint32_t labels = state.memory.labels_within(pool_, objects_, place.object, r.low, r.high, bytes);
    if ((labels & labels_of_caller) == 0) {
      const Expr entry = state.memory.load_any(pool_, objects_, place.object, place.offset, r.low, r.high, bytes, true);
      if (!pool_.is_constant(entry))
        objects_.note_selected(entry, labels);
      return entry;
    }
  }
  return state.memory.load_any(pool_, objects_, place.object, place.offset, bounded ? r.low : 0,
                               bounded ? r.high : object.size, bytes);
}

void Executor::store(State &state, Expr address, Expr value, std::uint64_t pc) {
  if (rehearsal_ && note_repeated(state, address, pool_.bits(value) / 8, pc))
    return;
  if (const auto object = plain_object(address, true); object && pool_.bits(value) >= 8)
    return state.memory.store(pool_, *object, pool_.value(address) - objects_[*object].base, value);
  const Place place = resolve(state, address);
  const unsigned bytes = pool_.bits(value) / 8;
  if (is_watched(place, true))
    host_.access(*this, state,
                 {.pc = pc,
                  .address = address,
                  .bytes = bytes,
                  .write = true,
                  .value = value,
                  .object = place.object,
                  .offset = place.offset});
  if (bytes == 0)
    return;
  if (pool_.is_constant(place.offset)) {
    if (!state.frames.empty())
      stores_.push_back({place.object, bytes, pool_.value(place.offset)});
    return state.memory.store(pool_, place.object, pool_.value(place.offset), value);
  }
  const Range r = state.facts.range(pool_, place.offset);
  const std::uint64_t size = objects_[place.object].size;
  const std::uint32_t labels = objects_.labels_of_pointer(value); // who chooses the place chooses not what stands there
  if (r.high < size)
    forget(state, place.object, r.low, r.high + bytes, labels);
  else if (objects_[place.object].kind !=
           ObjectKind::stack) // an unbounded index into the stack would end the analysis of the path
    forget(state, place.object, 0, size, labels);
}

void Executor::forget(State &state, ObjectId object, std::uint64_t from, std::uint64_t to, std::uint32_t labels) {
  if (objects_[object].kind == ObjectKind::stack)
    if (const auto end = frame_end(state, object, objects_[object].base + from)) {
      // Where the call can be ended as if its frame had held (return_through), the return address is lost as well: what
      // the frame keeps of the caller's registers is no better known.
      const bool can_end = std::any_of(state.frames.begin(), state.frames.end(),
                                       [&](const Frame &f) { return f.stack == *end && f.record && f.record->before; });
      to = std::min(to, *end - objects_[object].base +
                            (can_end && architecture_ != ir::Architecture::arm64 ? pointer_bits() / 8 : 0));
    }
  if (from < to)
    state.memory.havoc(pool_, objects_, object, from, to, labels);
}

void Executor::copy(State &state, Expr to, Expr from, Expr length, std::uint64_t pc) {
  const Place target = resolve(state, to), source = resolve(state, from);
  const Range r = pool_.bits(length) <= 64 ? state.facts.range(pool_, length) : Range{};
  if (r.high == 0)
    return;
  host_.access(*this, state,
               {.pc = pc,
                .address = from,
                .bytes = 1,
                .count = length,
                .object = source.object,
                .offset = source.offset,
                .other = to});
  host_.access(*this, state,
               {.pc = pc,
                .address = to,
                .bytes = 1,
                .count = length,
                .write = true,
                .object = target.object,
                .offset = target.offset,
                .other = from});
  const bool places_known = pool_.is_constant(target.offset) && pool_.is_constant(source.offset);
  // An unknown length copies at least what is certain, and as much as may be looked at later.
  const std::uint64_t size =
      r.is_single() ? r.low : std::min({r.high, objects_[target.object].size, std::uint64_t{0x400}});
  if (!places_known || size > largest_known_copy) {
    const std::uint32_t labels = pool_.labels(length) | pool_.labels(source.offset) |
                                 pool_.labels(state.memory.load_any(pool_, objects_, source.object, source.offset, 0,
                                                                    objects_[source.object].size, 1));
    if (pool_.is_constant(target.offset)) {
      const std::uint64_t at = pool_.value(target.offset);
      forget(state, target.object, at, at + std::min(r.high, std::uint64_t{0x10000}), labels);
    } else if (objects_[target.object].kind != ObjectKind::stack) {
      forget(state, target.object, 0, objects_[target.object].size, labels);
    }
    return;
  }
  state.memory.copy(pool_, objects_, target.object, pool_.value(target.offset), source.object,
                    pool_.value(source.offset), size);
}

void Executor::fill(State &state, Expr to, Expr value, Expr length, std::uint64_t pc) {
  const Place target = resolve(state, to);
  const Range r = pool_.bits(length) <= 64 ? state.facts.range(pool_, length) : Range{};
  if (r.high == 0)
    return;
  host_.access(*this, state,
               {.pc = pc,
                .address = to,
                .bytes = 1,
                .count = length,
                .write = true,
                .value = value,
                .object = target.object,
                .offset = target.offset});
  const unsigned element = std::max(1u, pool_.bits(value) / 8);
  if (!pool_.is_constant(target.offset) || !r.is_single() || r.high > largest_known_copy) {
    if (pool_.is_constant(target.offset)) {
      const std::uint64_t at = pool_.value(target.offset);
      forget(state, target.object, at, at + std::min(r.high, std::uint64_t{0x10000}), pool_.labels(value));
    }
    return;
  }
  const std::uint64_t at = pool_.value(target.offset);
  const Expr byte = pool_.extract(value, 0, 8);
  bool bytes_equal = true;
  for (unsigned i = 1; i < element; ++i)
    bytes_equal = bytes_equal && pool_.extract(value, i * 8, 8) == byte;
  if (bytes_equal)
    return state.memory.fill(pool_, target.object, at, r.low, byte);
  for (std::uint64_t done = 0; done + element <= r.low; done += element)
    state.memory.store(pool_, target.object, at + done, value);
}

void Executor::bulk(State &state, const ir::Op &op, std::size_t index, std::uint64_t pc) {
  const unsigned bits = pointer_bits(), element = ir::bytes_of(op.width);
  const Expr a = operand(op, op.a, bits), count = operand(op, op.c, bits);
  const auto bytes = [&] { return pool_.mul(count, pool_.constant(element, bits)); };
  switch (static_cast<ir::BulkOp>(op.kind)) {
  case ir::BulkOp::copy:
    return copy(state, a, operand(op, op.b, bits), bytes(), pc);
  case ir::BulkOp::fill:
    return fill(state, a, operand(op, op.b, element * 8), bytes(), pc);
  case ir::BulkOp::in:
  case ir::BulkOp::out:
    return host_.port_string(*this, state, static_cast<ir::BulkOp>(op.kind), a, operand(op, op.b, 16), count, op.width,
                             pc);
  default: {
    // Comparisons and scans: exact while everything is constant, else how far they go is unknown, and what they saw
    // keeps its labels.
    const auto kind = static_cast<ir::BulkOp>(op.kind);
    const bool scan = kind == ir::BulkOp::scan_equal || kind == ir::BulkOp::scan_unequal;
    const bool until_equal = kind == ir::BulkOp::scan_unequal || kind == ir::BulkOp::compare_unequal;
    const Expr other = operand(op, op.b, scan ? element * 8 : bits);
    Temporary &out = temporary_[index];
    Expr first(0), second(0);
    const std::uint64_t limit = pool_.is_constant(count) ? pool_.value(count) : 0;
    for (std::uint64_t i = 0; i < std::min(limit, largest_known_copy); ++i) {
      const Expr offset = pool_.constant(i * element, bits);
      first = load(state, pool_.add(a, offset), element, pc);
      second = scan ? other : load(state, pool_.add(other, offset), element, pc);
      if (!pool_.is_constant(first) || !pool_.is_constant(second))
        break;
      if ((first == second) == until_equal || i + 1 == limit) {
        out.word[0] = pool_.constant(limit - i - 1, 64);
        out.word[1] = pool_.zext(first, 64);
        out.word[2] = scan ? pool_.constant(0, 64) : pool_.zext(second, 64);
        out.word[3] = pool_.constant(0, 64);
        return;
      }
    }
    if (first == Expr(0)) {
      first = load(state, a, element, pc);
      second = scan ? other : load(state, other, element, pc);
    }
    const std::uint32_t labels = pool_.labels(first) | pool_.labels(second) | pool_.labels(count);
    out.word[0] = pool_.symbol(64, labels, "remaining");
    out.word[1] = pool_.symbol(64, labels, "compared");
    out.word[2] = scan ? pool_.constant(0, 64) : pool_.symbol(64, labels, "compared");
    out.word[3] = pool_.constant(0, 64);
    return;
  }
  }
}

} // namespace ringfence::symbolic
