#include "persistent_state.h"

#include "stale_blocks.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <tuple>

namespace ringfence::driver {

using symbolic::Content;
using symbolic::Expr;
using symbolic::ObjectId;
using symbolic::ObjectKind;
using symbolic::PathFacts;
using symbolic::State;

namespace {

constexpr std::size_t most_cells = 64, most_objects = 32, most_conditions = 200;
constexpr std::uint64_t widest_value = 16;

/// Memory of one request only, or of the caller.
bool is_of_caller(ObjectKind kind) {
  return kind == ObjectKind::stack || kind == ObjectKind::input || kind == ObjectKind::user ||
         kind == ObjectKind::arbitrary;
}

/// What changed between boot and the end of a path.
class Capture {
public:
  Capture(World &world, const Request &request, const State &boot, const State &ended)
      : world_(world), objects_(world.machine().objects()), pool_(world.pool()), request_(request), boot_(boot),
        ended_(ended) {}

  /// Fills `after`. False when nothing changed.
  bool run(AfterState &after);

private:
  bool outlives(ObjectId id, unsigned depth = 0) const;
  void add_object(ObjectId id);
  void add_cell(ObjectId id, const Content::Cell &cell);
  void follow_pointers();
  std::vector<ObjectId> settle_slots(AfterState &after);
  std::uint32_t kept_log();

  World &world_;
  const symbolic::ObjectTable &objects_;
  symbolic::ExprPool &pool_;
  const Request &request_;
  const State &boot_, &ended_;
  std::vector<AfterState::Cell> cells_;
  std::set<std::uint32_t> known_; ///< objects that are part of the state
};

/// True for memory that was there before the request, and for what lies behind a pointer that is kept in such memory.
bool Capture::outlives(ObjectId id, unsigned depth) const {
  const symbolic::Object &object = objects_[id];
  if (is_of_caller(object.kind) || depth > 4)
    return false;
  if (id < request_.first_object)
    return true;
  if (object.pointer == Expr(0) || pool_.is_constant(object.pointer))
    return false;
  const symbolic::Node &node = pool_[object.pointer];
  const auto owner = node.kind == symbolic::Kind::slice ? objects_.owner_of(symbolic::ArrayId(node.a)) : std::nullopt;
  return owner && outlives(*owner, depth + 1);
}

void Capture::add_cell(ObjectId id, const Content::Cell &cell) {
  if (cells_.size() >= most_cells)
    return;
  const auto bytes = static_cast<unsigned>(std::min(cell.size, widest_value));
  const Expr now = ended_.memory.load(pool_, objects_, id, cell.offset, bytes);
  if (id < request_.first_object && now == boot_.memory.load(pool_, objects_, id, cell.offset, bytes) &&
      cell.size <= widest_value)
    return;
  cells_.push_back({.object = id, .offset = cell.offset, .size = cell.size, .value = now});
}

void Capture::add_object(ObjectId id) {
  if (known_.size() >= most_objects || !known_.insert(id.value).second)
    return;
  const Content *now = ended_.memory.content(id), *before = boot_.memory.content(id);
  if (!now || now == before)
    return;
  const symbolic::SharedPieces<Content::Cell> none;
  const auto &old = before ? before->cells : none;
  auto next = old.begin(); // both lists ascend
  for (const Content::Cell &cell : now->cells) {
    while (next != old.end() && next->offset < cell.offset)
      ++next;
    if (next == old.end() || *next != cell)
      add_cell(id, cell);
  }
}

/// Objects that the request made and that the cells lead to.
void Capture::follow_pointers() {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Expr value = cells_[i].value;
    if (!pool_.is_constant(value) || pool_.bits(value) != world_.machine().bits())
      continue;
    const auto object = objects_.at(pool_.value(value));
    if (object && *object >= request_.first_object && !is_of_caller(objects_[*object].kind))
      add_object(*object);
  }
}

/// A store at an index that the caller chose within bounds: of all slots the lowest stands for every one.
/// The objects that have been dealt with.
std::vector<ObjectId> Capture::settle_slots(AfterState &after) {
  struct Region {
    ObjectId object;
    std::uint64_t low = 0, end = 0;
  };
  std::vector<Region> regions;
  std::vector<Content::Cell> stores;
  std::vector<ObjectId> owners;
  for (const Event *event : world_.log_of(ended_)) {
    if (event->kind != EventKind::note || event->text != World::slot_store)
      continue;
    const ObjectId object(static_cast<std::uint32_t>(event->object));
    const Expr offset(static_cast<std::uint32_t>(event->a)), value(static_cast<std::uint32_t>(event->b));
    const std::uint64_t bytes = pool_.bits(value) / 8;
    const symbolic::Range before = PathFacts(ended_.facts).range(pool_, offset),
                          now = after.state.facts.range(pool_, offset);
    if (!outlives(object) || regions.size() >= most_objects ||
        !after.state.facts.assume(pool_, pool_.eq(offset, pool_.constant(now.low, pool_.bits(offset))), true))
      continue;
    regions.push_back({object, before.low, before.high + bytes});
    stores.push_back({.offset = now.low, .size = bytes, .value = value});
    owners.push_back(object);
  }
  if (regions.empty())
    return owners;
  std::vector<AfterState::Cell> kept;
  for (const AfterState::Cell &cell : cells_) {
    const Content *content = ended_.memory.content(cell.object);
    const auto at = std::find_if(content->cells.begin(), content->cells.end(),
                                 [&](const Content::Cell &c) { return c.offset == cell.offset; });
    const bool unknown = at != content->cells.end() && at->value == Expr(0);
    const bool inside = std::any_of(regions.begin(), regions.end(), [&](const Region &r) {
      return r.object == cell.object && cell.offset >= r.low && cell.offset < r.end;
    });
    if (!(unknown && inside))
      kept.push_back(cell);
  }
  for (const ObjectId owner : owners) {
    after.state.memory.take(owner, boot_.memory);
    for (const AfterState::Cell &cell : kept)
      if (cell.object == owner && cell.size <= widest_value)
        after.state.memory.store(pool_, owner, cell.offset, cell.value);
  }
  cells_ = std::move(kept);
  for (std::size_t i = 0; i < stores.size(); ++i) {
    after.state.memory.store(pool_, owners[i], stores[i].offset, stores[i].value);
    cells_.push_back(
        {.object = owners[i], .offset = stores[i].offset, .size = stores[i].size, .value = stores[i].value});
  }
  return owners;
}

/// What later requests have to know of the path's events: what was opened, mapped, freed, probed.
std::uint32_t Capture::kept_log() {
  State log;
  for (const Event *event : world_.log_of(ended_)) {
    const bool note = event->kind == EventKind::note && World::is_kept_note(event->text);
    if (note || event->kind == EventKind::opened || event->kind == EventKind::framework_object)
      world_.log(log, *event);
  }
  return log.log;
}

bool Capture::run(AfterState &after) {
  for (const ObjectId id : ended_.memory.changed_since(boot_.memory))
    if (outlives(id))
      add_object(id);
  std::vector<ObjectId> freed = StaleBlocks::freed_on(world_, ended_);
  std::erase_if(freed, [&](ObjectId block) { // one of the request's own counts when something still leads to it
    const auto leads = [&](const AfterState::Cell &cell) {
      return pool_.is_constant(cell.value) && pool_.bits(cell.value) <= 64 &&
             pool_.value(cell.value) == objects_[block].base;
    };
    return block >= request_.first_object && std::none_of(cells_.begin(), cells_.end(), leads);
  });
  if (cells_.empty() && freed.empty() && !world_.newest_event(ended_, [](const Event &e) {
        return e.kind == EventKind::note && e.text == World::slot_store;
      }))
    return false;
  after.state.memory = boot_.memory;
  const std::vector<ObjectId> settled = settle_slots(after);
  follow_pointers();
  for (const std::uint32_t id : known_)
    if (std::find(settled.begin(), settled.end(), ObjectId(id)) == settled.end())
      after.state.memory.take(ObjectId(id), ended_.memory);
  for (const ObjectId id : freed)
    cells_.push_back({.object = id, .offset = 0, .size = objects_[id].size, .value = pool_.constant(0, 8)});
  std::sort(cells_.begin(), cells_.end(),
            [](const auto &a, const auto &b) { return std::tie(a.object, a.offset) < std::tie(b.object, b.offset); });
  after.changed = std::move(cells_);
  after.state.log = kept_log();
  return !after.changed.empty();
}

/// How much a caller chooses in what is left: the more the better.
unsigned generality(World &world, const AfterState &after) {
  unsigned chosen = 0;
  for (const AfterState::Cell &cell : after.changed)
    if ((world.pool().labels(cell.value) & symbolic::labels_of_caller) != 0)
      chosen += cell.value == Expr(0) || after.state.facts.range(world.pool(), cell.value).is_single() ? 1u : 2u;
  return chosen;
}

} // namespace

// --- reads ----------------------------------------------------------------------------------------------------------

namespace {

/// Bits that the key's upper half, the object, has a part in: many objects have the same lines.
std::size_t place_of(std::uint64_t key, std::size_t size) {
  return static_cast<std::size_t>(key * 0x9e3779b97f4a7c15u >> 40) & (size - 1);
}

/// Calls `visit(line, mask)` for each line that [offset, offset + bytes) touches.
template <class Visit> void for_each_line(std::uint64_t offset, std::uint64_t bytes, std::uint64_t line, Visit visit) {
  const std::uint64_t end = offset + std::max<std::uint64_t>(bytes, 1);
  for (std::uint64_t at = offset; at < end;) {
    const std::uint64_t next = std::min(end, (at / line + 1) * line);
    visit(at / line, symbolic::low_mask(static_cast<unsigned>(next - at)) << (at % line));
    at = next;
  }
}

} // namespace

void CellReads::mark(std::uint64_t key, std::uint64_t bytes) {
  if (used_ * 2 >= table_.size()) {
    std::vector<Entry> bigger(std::max<std::size_t>(64, table_.size() * 2));
    table_.swap(bigger);
    used_ = 0;
    for (const Entry &entry : bigger)
      if (entry.key != 0)
        mark(entry.key, entry.bytes);
  }
  std::size_t at = place_of(key, table_.size());
  while (table_[at].key != 0 && table_[at].key != key)
    at = (at + 1) & (table_.size() - 1);
  used_ += table_[at].key == 0;
  table_[at].key = key;
  table_[at].bytes |= bytes;
}

/// The mask kept for a key; 0 when there is none.
std::uint64_t CellReads::bytes_of(std::uint64_t key) const {
  if (table_.empty())
    return 0;
  for (std::size_t at = place_of(key, table_.size()); table_[at].key != 0; at = (at + 1) & (table_.size() - 1))
    if (table_[at].key == key)
      return table_[at].bytes;
  return 0;
}

void CellReads::add(ObjectId object, std::optional<std::uint64_t> offset, std::uint64_t bytes) {
  constexpr std::uint64_t longest = 0x400;
  mark(key(object, somewhere), 1);
  if (!offset || bytes > longest || *offset >= somewhere)
    return mark(key(object, anywhere), 1);
  for_each_line(*offset, bytes, line, [&](std::uint64_t part, std::uint64_t mask) { mark(key(object, part), mask); });
}

bool CellReads::contains(ObjectId object, std::uint64_t offset, std::uint64_t bytes) const {
  constexpr std::uint64_t long_cell = 0x100;
  if (bytes_of(key(object, somewhere)) == 0 || offset >= somewhere)
    return false;
  if (bytes > long_cell || bytes_of(key(object, anywhere)) != 0)
    return true;
  bool found = false;
  for_each_line(offset, bytes, line, [&](std::uint64_t part, std::uint64_t mask) {
    found = found || (bytes_of(key(object, part)) & mask) != 0;
  });
  return found;
}

void CellReads::join(const CellReads &other) {
  for (const Entry &entry : other.table_)
    if (entry.key != 0)
      mark(entry.key, entry.bytes);
}

// --- states ---------------------------------------------------------------------------------------------------------

std::string shape_of(World &world, const AfterState &after, Expr value) {
  const auto &pool = world.pool();
  const auto &objects = world.machine().objects();
  if (pool.is_constant(value)) {
    const std::uint64_t number = pool.value(value);
    const auto object = pool.bits(value) == world.machine().bits() ? objects.at(number) : std::nullopt;
    if (!object || objects[*object].kind == ObjectKind::image)
      return hex(number);
    const bool freed = StaleBlocks::is_freed(world, after.state, *object);
    return "object " + std::to_string(static_cast<unsigned>(objects[*object].kind)) + " " + hex(objects[*object].tag) +
           (freed ? " freed" : "");
  }
  const std::uint32_t labels = pool.labels(value);
  if (pool.bits(value) > 64 || (labels & symbolic::labels_of_caller) == 0)
    return "labels " + hex(labels);
  const symbolic::Range range = after.state.facts.range(pool, value);
  return "labels " + hex(labels) + " " + hex(range.low) + "-" + hex(range.high);
}

void AfterStates::add(World &world, const Request &request, const State &boot, const State &ended,
                      const PathFacts &facts) {
  if (shapes_.size() >= 4 * most_ || facts.conditions().size() > most_conditions)
    return;
  AfterState after;
  after.state.facts = facts;
  if (!Capture(world, request, boot, ended).run(after))
    return;
  std::string shape;
  for (const AfterState::Cell &cell : after.changed)
    shape += std::to_string(cell.object.value < request.first_object.value ? cell.object.value : 0) + "+" +
             hex(cell.offset) + ":" + std::to_string(cell.size) + "=" + shape_of(world, after, cell.value) + ";";
  if (!shapes_.insert(shape).second)
    return;
  after.requests = sequence_of(world, request, name_, code_);
  const unsigned mine = generality(world, after);
  const auto at = std::find_if(states_.begin(), states_.end(),
                               [&](const AfterState &other) { return generality(world, other) < mine; });
  states_.insert(at, std::move(after));
  if (states_.size() > most_)
    states_.pop_back();
}

} // namespace ringfence::driver
