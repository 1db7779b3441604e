#include <ringfence/symbolic/memory.h>

#include <algorithm>
#include <optional>
#include <ranges>
#include <span>

namespace ringfence::symbolic {
namespace {

constexpr std::uint64_t unknown_size = 1u << 20;

using Cells = SharedPieces<Content::Cell>;

Cells::Iterator first_ending_after(const Cells &cells, std::uint64_t offset) {
  return cells.partition_point([offset](const Content::Cell &cell) { return cell.end() <= offset; });
}

/// The cells that have bytes in [low, end); all of them where the range goes on behind the highest address.
std::ranges::subrange<Cells::Iterator> cells_within(const Content *content, std::uint64_t low, std::uint64_t end) {
  if (!content)
    return {};
  if (end < low)
    return {content->cells.begin(), content->cells.end()};
  return {first_ending_after(content->cells, low),
          content->cells.partition_point([end](const Content::Cell &cell) { return cell.offset < end; })};
}

/// How many of `size` bytes lie before the object's first one, for a range that leads from a negative offset into it.
std::uint64_t bytes_before(std::uint64_t offset, std::uint64_t size) {
  return static_cast<std::int64_t>(offset) < 0 && offset + size < offset ? 0 - offset : 0;
}

/// The part [from, to) of a cell that holds it.
Expr value_of(ExprPool &pool, const Content::Cell &cell, std::uint64_t from, std::uint64_t to) {
  const auto bits = static_cast<unsigned>(to - from) * 8;
  if (cell.value == Expr(0))
    return pool.slice(cell.array, cell.array_offset + (from - cell.offset), bits);
  if (cell.size > 1 && pool.bits(cell.value) == 8) {
    Expr out = cell.value;
    while (pool.bits(out) < bits)
      out = pool.concat(pool.bits(out) * 2 <= bits ? out : cell.value, out);
    return out;
  }
  return pool.extract(cell.value, static_cast<unsigned>(from - cell.offset) * 8, bits);
}

Content::Cell cut(ExprPool &pool, Content::Cell cell, std::uint64_t from, std::uint64_t to) {
  if (cell.value == Expr(0))
    cell.array_offset += from - cell.offset;
  else if (cell.size == 1 || pool.bits(cell.value) > 8)
    cell.value = value_of(pool, cell, from, to);
  cell.offset = from;
  cell.size = to - from;
  return cell;
}

std::uint32_t labels_of(const ExprPool &pool, const Content::Cell &cell) {
  return cell.value == Expr(0) ? pool.array_labels(cell.array) : pool.labels(cell.value);
}

/// Puts `fresh`, cells side by side, in the place of whatever stood there.
void replace(ExprPool &pool, Cells &cells, std::span<const Content::Cell> fresh) {
  const std::uint64_t low = fresh.front().offset, high = fresh.back().end();
  const auto first = first_ending_after(cells, low);
  if (fresh.size() == 1 && first != cells.end() && first->offset == low && first->end() == high) {
    cells.writable(first) = fresh.front();
    return;
  }
  auto last = first, inside = first; ///< `inside`: the last cell that is cut
  for (; last != cells.end() && last->offset < high; ++last)
    inside = last;
  if (first == last)
    return cells.splice(first, last, fresh);
  std::vector<Content::Cell> all;
  if (first->offset < low)
    all.push_back(cut(pool, *first, first->offset, low));
  all.insert(all.end(), fresh.begin(), fresh.end());
  if (inside->end() > high)
    all.push_back(cut(pool, *inside, high, inside->end()));
  cells.splice(first, last, all);
}

/// The thing behind a pointer, copied first when another path sees it too.
template <typename T> T &unshared(std::shared_ptr<T> &shared) {
  if (!shared)
    shared = std::make_shared<T>();
  else if (shared.use_count() > 1)
    shared = std::make_shared<T>(*shared);
  return *shared;
}

} // namespace

ObjectId ObjectTable::add(Object object, std::uint32_t labels) {
  const ObjectId id(static_cast<std::uint32_t>(objects_.size()));
  object.array = pool_.new_array(object.name, labels);
  owners_.resize(object.array.value + 1, ObjectId(0));
  owners_[object.array.value] = id;
  if (object.size == 0)
    object.size = unknown_size;
  if (object.pointer == Expr(0)) {
    const auto at = std::partition_point(by_address_.begin(), by_address_.end(),
                                         [&](const Address &a) { return a.base < object.base; });
    if (at == by_address_.end() || at->base != object.base)
      by_address_.insert(at, {object.base, id});
    recent_ = {};
  }
  objects_.push_back(std::move(object));
  return id;
}

ObjectId ObjectTable::allocate(Object object, std::uint32_t labels) {
  object.base = next_;
  const std::uint64_t size = object.size == 0 ? spacing_ : object.size;
  next_ += (size + spacing_ - 1) / spacing_ * spacing_ + spacing_;
  return add(std::move(object), labels);
}

std::optional<ObjectId> ObjectTable::existing_behind(Expr pointer) const {
  const auto found = by_pointer_.find(pointer.value);
  return found == by_pointer_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t ObjectTable::labels_of_pointer(Expr pointer) const {
  const std::uint32_t all = pool_.labels(pointer);
  return selected_.empty() || (all & labels_of_caller) == 0 ? all : labels_of_part(pointer, 8);
}

std::uint32_t ObjectTable::labels_of_part(Expr part, unsigned depth) const {
  if (const auto found = selected_.find(part.value); found != selected_.end())
    return found->second;
  const std::uint32_t all = pool_.labels(part);
  const Node n = pool_[part];
  if (depth == 0 || (all & labels_of_caller) == 0)
    return all;
  const auto of = [&](std::uint32_t child) { return labels_of_part(Expr(child), depth - 1); };
  switch (n.kind) {
  case Kind::add:
  case Kind::sub:
  case Kind::and_:
  case Kind::or_:
    return of(n.a) | of(n.b);
  case Kind::ite: { // what decides between two of the driver's pointers counts as little as an index
    const std::uint32_t either = of(n.b) | of(n.c);
    return either == (pool_.labels(Expr(n.b)) | pool_.labels(Expr(n.c))) ? all : either;
  }
  default:
    return all;
  }
}

ObjectId ObjectTable::behind(Expr pointer) {
  if (const auto found = existing_behind(pointer))
    return *found;
  const std::uint32_t source = labels_of_pointer(pointer);
  Object object;
  object.pointer = pointer;
  object.name = "*" + pool_.to_string(pointer);
  std::uint32_t labels = label_kernel;
  object.kind = ObjectKind::pointed;
  if ((source & (label_user_pointer | label_user_memory | label_input)) != 0) {
    const bool chosen = (source & (label_user_memory | label_input)) != 0;
    object.kind = chosen ? ObjectKind::arbitrary : ObjectKind::user;
    labels = chosen ? label_arbitrary_read : label_user_memory;
  } else {
    labels |= source & (label_persistent | label_unknown | label_registry | label_file_object);
  }
  const ObjectId id = add(std::move(object), labels);
  by_pointer_.emplace(pointer.value, id);
  return id;
}

std::optional<ObjectId> ObjectTable::at(std::uint64_t address) const {
  Recent &recent = recent_[(address >> 14) % recent_.size()];
  if (address < recent.base || address >= recent.next) {
    const auto after = std::partition_point(by_address_.begin(), by_address_.end(),
                                            [address](const Address &a) { return a.base <= address; });
    if (after == by_address_.begin())
      return std::nullopt;
    recent = {std::prev(after)->base, after == by_address_.end() ? ~std::uint64_t{0} : after->base,
              std::prev(after)->object};
  }
  return address - recent.base < objects_[recent.object.value].size ? std::optional(recent.object) : std::nullopt;
}

const Content *PathMemory::content(ObjectId object) const {
  const std::size_t page = object.value / page_size;
  return page < pages_.size() && pages_[page] ? (*pages_[page])[object.value % page_size].get() : nullptr;
}

std::vector<ObjectId> PathMemory::changed_since(const PathMemory &before) const {
  std::vector<ObjectId> out;
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    if (!pages_[page] || (page < before.pages_.size() && pages_[page] == before.pages_[page]))
      continue;
    for (std::uint32_t i = 0; i < page_size; ++i)
      if (const ObjectId object(static_cast<std::uint32_t>(page * page_size + i));
          content(object) != before.content(object))
        out.push_back(object);
  }
  return out;
}

void PathMemory::take(ObjectId object, const PathMemory &from) {
  const std::size_t page = object.value / page_size;
  const bool known = page < from.pages_.size() && from.pages_[page];
  if (page >= pages_.size())
    pages_.resize(page + 1);
  unshared(pages_[page])[object.value % page_size] = known ? (*from.pages_[page])[object.value % page_size] : nullptr;
}

Content &PathMemory::writable(ObjectId object) {
  const std::size_t page = object.value / page_size;
  if (page >= pages_.size())
    pages_.resize(page + 1);
  std::shared_ptr<Content> &content = unshared(pages_[page])[object.value % page_size];
  if (!content) {
    content = std::make_shared<Content>();
  } else if (content.use_count() > 1) {
    content = std::make_shared<Content>(*content);
  }
  return *content;
}

Expr PathMemory::initial(ExprPool &pool, const ObjectTable &objects, ObjectId id, std::uint64_t offset,
                         unsigned bytes) const {
  const Object &object = objects[id];
  const Content *content = this->content(id);
  if (content && content->havoc)
    return pool.slice(*content->havoc, offset, bytes * 8);
  if (object.fill == Fill::lazy || offset >= object.size)
    return pool.slice(object.array, offset, bytes * 8);
  Expr out(0);
  for (unsigned done = 0; done < bytes; done += std::min(8u, bytes - done)) {
    const unsigned part = std::min(8u, bytes - done);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < part && object.fill == Fill::bytes; ++i)
      if (offset + done + i < object.bytes.size())
        value |= static_cast<std::uint64_t>(object.bytes[static_cast<std::size_t>(offset + done + i)]) << (8 * i);
    const Expr piece = pool.constant(value, part * 8);
    out = done == 0 ? piece : pool.concat(piece, out);
  }
  return out;
}

/// The initial content of [from, to) as cells.
void PathMemory::add_initial(ExprPool &pool, const ObjectTable &objects, ObjectId id, std::uint64_t from,
                             std::uint64_t to, std::vector<Content::Cell> &cells) const {
  const Object &object = objects[id];
  const Content *content = this->content(id);
  const bool unknown = (content && content->havoc) || object.fill == Fill::lazy;
  const std::uint64_t inside = unknown ? from : std::clamp(object.size, from, to);
  const std::uint64_t bytes =
      object.fill == Fill::bytes && !unknown ? std::clamp<std::uint64_t>(object.bytes.size(), from, inside) : from;
  for (std::uint64_t at = from; at < bytes;) {
    const std::uint64_t part = std::min<std::uint64_t>(8, bytes - at);
    cells.push_back({.offset = at, .size = part, .value = initial(pool, objects, id, at, static_cast<unsigned>(part))});
    at += part;
  }
  if (bytes < inside)
    cells.push_back({.offset = bytes, .size = inside - bytes, .value = pool.constant(0, 8)});
  if (inside < to)
    cells.push_back({.offset = inside,
                     .size = to - inside,
                     .array = content && content->havoc ? *content->havoc : object.array,
                     .array_offset = inside});
}

Expr PathMemory::load(ExprPool &pool, const ObjectTable &objects, ObjectId object, std::uint64_t offset,
                      unsigned bytes) const {
  const Content *content = this->content(object);
  if (!content || content->cells.empty())
    return initial(pool, objects, object, offset, bytes);
  if (const auto before = static_cast<unsigned>(bytes_before(offset, bytes)); before != 0 && before < bytes)
    return pool.concat(load(pool, objects, object, 0, bytes - before), initial(pool, objects, object, offset, before));
  auto cell = first_ending_after(content->cells, offset);
  if (cell != content->cells.end() && cell->offset == offset && cell->size == bytes && cell->value != Expr(0) &&
      pool.bits(cell->value) == bytes * 8)
    return cell->value;
  Expr out(0);
  std::uint64_t at = offset;
  const std::uint64_t end = offset + bytes;
  while (at < end) {
    Expr piece(0);
    std::uint64_t next = end;
    if (cell != content->cells.end() && cell->offset <= at) {
      next = std::min(end, cell->end());
      piece = value_of(pool, *cell, at, next);
      ++cell;
    } else {
      if (cell != content->cells.end())
        next = std::min(end, cell->offset);
      piece = initial(pool, objects, object, at, static_cast<unsigned>(next - at));
    }
    out = at == offset ? piece : pool.concat(piece, out);
    at = next;
  }
  return out;
}

void PathMemory::store(ExprPool &pool, ObjectId object, std::uint64_t offset, Expr value) {
  if (const std::uint64_t before = bytes_before(offset, pool.bits(value) / 8); before != 0) {
    const unsigned low = static_cast<unsigned>(before) * 8;
    if (low < pool.bits(value))
      store(pool, object, 0, pool.extract(value, low, pool.bits(value) - low));
    return;
  }
  const Content::Cell cell{.offset = offset, .size = pool.bits(value) / 8, .value = value};
  replace(pool, writable(object).cells, std::span(&cell, 1));
}

void PathMemory::fill(ExprPool &pool, ObjectId object, std::uint64_t offset, std::uint64_t size, Expr value) {
  if (const std::uint64_t before = bytes_before(offset, size); before != 0)
    return fill(pool, object, 0, size - before, value);
  size = std::min(size, ~std::uint64_t{0} - offset);
  const Content::Cell cell{.offset = offset, .size = size, .value = value};
  if (size > 0)
    replace(pool, writable(object).cells, std::span(&cell, 1));
}

void PathMemory::copy(ExprPool &pool, const ObjectTable &objects, ObjectId to, std::uint64_t to_offset, ObjectId from,
                      std::uint64_t from_offset, std::uint64_t size) {
  if (const std::uint64_t before = std::max(bytes_before(from_offset, size), bytes_before(to_offset, size));
      before != 0)
    return copy(pool, objects, to, to_offset + before, from, from_offset + before, size - before);
  size = std::min(size, ~std::uint64_t{0} - std::max(from_offset, to_offset));
  std::vector<Content::Cell> fresh;
  const std::uint64_t end = from_offset + size;
  std::uint64_t at = from_offset;
  for (const Content::Cell &cell : cells_within(content(from), at, end)) {
    if (cell.offset > at)
      add_initial(pool, objects, from, at, cell.offset, fresh);
    at = std::min(end, cell.end());
    fresh.push_back(cut(pool, cell, std::max(from_offset, cell.offset), at));
  }
  if (at < end)
    add_initial(pool, objects, from, at, end, fresh);
  for (Content::Cell &cell : fresh)
    cell.offset = cell.offset - from_offset + to_offset;
  if (!fresh.empty())
    replace(pool, writable(to).cells, fresh);
}

/// True for a table that nothing has filled yet.
bool PathMemory::is_zero(const ExprPool &pool, const ObjectTable &objects, ObjectId id, std::uint64_t low,
                         std::uint64_t end) const {
  constexpr std::uint64_t longest = 0x1000;
  const Object &object = objects[id];
  const Content *content = this->content(id);
  if (end < low || end - low > longest || end > object.size || object.fill == Fill::lazy || (content && content->havoc))
    return false;
  for (std::uint64_t at = low; at < end && at < object.bytes.size() && object.fill == Fill::bytes; ++at)
    if (object.bytes[static_cast<std::size_t>(at)] != std::byte{0})
      return false;
  return std::ranges::all_of(cells_within(content, low, end), [&](const Content::Cell &cell) {
    return cell.value != Expr(0) && pool.is_constant(cell.value, 0);
  });
}

Expr PathMemory::load_any(ExprPool &pool, const ObjectTable &objects, ObjectId id, Expr offset, std::uint64_t low,
                          std::uint64_t high, unsigned bytes, bool selects) const {
  if (bytes <= 8 && is_zero(pool, objects, id, low, high + bytes))
    return pool.constant(0, bytes * 8);
  std::uint32_t labels = 0;
  std::uint64_t moment = selects ? 1 : 0;
  const Content *content = this->content(id);
  const ArrayId array = content && content->havoc ? *content->havoc : objects[id].array;
  for (const Content::Cell &cell : cells_within(content, low, high + bytes)) {
    labels |= labels_of(pool, cell);
    moment = moment * 31 + cell.offset * 7 + (cell.value == Expr(0) ? cell.array.value : cell.value.value) + 1;
  }
  return pool.read(array, moment, offset, bytes * 8, labels);
}

std::uint32_t PathMemory::labels_within(const ExprPool &pool, const ObjectTable &objects, ObjectId id,
                                        std::uint64_t low, std::uint64_t high, unsigned bytes) const {
  const Content *content = this->content(id);
  const bool unknown = objects[id].fill == Fill::lazy || (content && content->havoc);
  std::uint32_t labels =
      unknown ? pool.array_labels(content && content->havoc ? *content->havoc : objects[id].array) : 0;
  for (const Content::Cell &cell : cells_within(content, low, high + bytes))
    labels |= labels_of(pool, cell);
  return labels;
}

void PathMemory::havoc(ExprPool &pool, const ObjectTable &objects, ObjectId id, std::uint64_t low, std::uint64_t high,
                       std::uint32_t labels) {
  Content &content = writable(id);
  for (const Content::Cell &cell : cells_within(&content, low, high))
    labels |= labels_of(pool, cell);
  const ArrayId array = pool.new_array(objects[id].name + "'", labels | label_unknown);
  if (high <= low || (low == 0 && high >= objects[id].size)) {
    content.cells.clear();
    content.havoc = array;
    return;
  }
  const Content::Cell cell{.offset = low, .size = high - low, .array = array, .array_offset = low};
  replace(pool, content.cells, std::span(&cell, 1));
}

} // namespace ringfence::symbolic
