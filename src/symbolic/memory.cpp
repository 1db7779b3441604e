#include <ringfence/symbolic/memory.h>

#include <algorithm>

namespace ringfence::symbolic {
namespace {

constexpr std::uint64_t unknown_size = 1u << 20;
constexpr std::uint64_t largest_havoc = 0x1000; ///< bytes; more makes the whole object unknown

auto first_ending_after(std::vector<Content::Cell> &cells, std::uint64_t offset) {
  return std::partition_point(cells.begin(), cells.end(),
                              [offset](const Content::Cell &cell) { return cell.end() <= offset; });
}

} // namespace

ObjectId ObjectTable::add(Object object, std::uint32_t labels) {
  const ObjectId id(static_cast<std::uint32_t>(objects_.size()));
  object.array = pool_.new_array(object.name, labels);
  if (object.size == 0)
    object.size = unknown_size;
  if (object.pointer == Expr(0))
    by_address_.emplace(object.base, id);
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

ObjectId ObjectTable::behind(Expr pointer) {
  if (const auto found = existing_behind(pointer))
    return *found;
  const std::uint32_t source = pool_.labels(pointer);
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
  const auto after = by_address_.upper_bound(address);
  if (after == by_address_.begin())
    return std::nullopt;
  const ObjectId id = std::prev(after)->second;
  const Object &object = objects_[id.value];
  return address - object.base < object.size ? std::optional(id) : std::nullopt;
}

const Content *PathMemory::content(ObjectId object) const {
  return object.value < contents_.size() ? contents_[object.value].get() : nullptr;
}

Content &PathMemory::writable(ObjectId object) {
  if (object.value >= contents_.size())
    contents_.resize(object.value + 1);
  std::shared_ptr<Content> &content = contents_[object.value];
  if (!content)
    content = std::make_shared<Content>();
  else if (content.use_count() > 1)
    content = std::make_shared<Content>(*content);
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

Expr PathMemory::load(ExprPool &pool, const ObjectTable &objects, ObjectId object, std::uint64_t offset,
                      unsigned bytes) const {
  const Content *content = this->content(object);
  if (!content || content->cells.empty())
    return initial(pool, objects, object, offset, bytes);
  auto cell = std::partition_point(content->cells.begin(), content->cells.end(),
                                   [offset](const Content::Cell &c) { return c.end() <= offset; });
  if (cell != content->cells.end() && cell->offset == offset && cell->size == bytes)
    return cell->value;
  Expr out(0);
  std::uint64_t at = offset;
  const std::uint64_t end = offset + bytes;
  while (at < end) {
    Expr piece(0);
    std::uint64_t next = end;
    if (cell != content->cells.end() && cell->offset <= at) {
      next = std::min(end, cell->end());
      piece = pool.extract(cell->value, static_cast<unsigned>(at - cell->offset) * 8, static_cast<unsigned>(next - at) * 8);
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
  auto &cells = writable(object).cells;
  const auto size = static_cast<std::uint32_t>(pool.bits(value) / 8);
  const std::uint64_t end = offset + size;
  auto first = first_ending_after(cells, offset);
  if (first != cells.end() && first->offset == offset && first->size == size) {
    first->value = value;
    return;
  }
  auto last = first;
  std::vector<Content::Cell> replacement;
  while (last != cells.end() && last->offset < end)
    ++last;
  if (first != last && first->offset < offset)
    replacement.push_back({first->offset, static_cast<std::uint32_t>(offset - first->offset),
                           pool.extract(first->value, 0, static_cast<unsigned>(offset - first->offset) * 8)});
  replacement.push_back({offset, size, value});
  if (first != last) {
    const Content::Cell tail = *std::prev(last);
    if (tail.end() > end)
      replacement.push_back({end, static_cast<std::uint32_t>(tail.end() - end),
                             pool.extract(tail.value, static_cast<unsigned>(end - tail.offset) * 8,
                                          static_cast<unsigned>(tail.end() - end) * 8)});
  }
  const auto at = cells.erase(first, last);
  cells.insert(at, replacement.begin(), replacement.end());
}

Expr PathMemory::load_any(ExprPool &pool, const ObjectTable &objects, ObjectId id, Expr offset, std::uint64_t low,
                          std::uint64_t high, unsigned bytes) const {
  std::uint32_t labels = 0;
  std::uint64_t moment = 0;
  const Content *content = this->content(id);
  const ArrayId array = content && content->havoc ? *content->havoc : objects[id].array;
  if (content)
    for (const Content::Cell &cell : content->cells)
      if (cell.offset <= high + bytes && low < cell.end()) {
        labels |= pool.labels(cell.value);
        moment = moment * 31 + cell.offset * 7 + cell.value.value + 1;
      }
  return pool.read(array, moment, offset, bytes * 8, labels);
}

void PathMemory::havoc(ExprPool &pool, const ObjectTable &objects, ObjectId id, std::uint64_t low, std::uint64_t high,
                       std::uint32_t labels) {
  Content &content = writable(id);
  for (const Content::Cell &cell : content.cells)
    labels |= cell.offset < high && low < cell.end() ? pool.labels(cell.value) : 0;
  if (high - low > largest_havoc || high < low) {
    content.cells.clear();
    content.havoc = pool.new_array(objects[id].name + "'", labels | label_unknown);
    return;
  }
  const ArrayId array = pool.new_array(objects[id].name + "'", labels | label_unknown);
  // Sixteen bytes a cell: reads of any width inside stay consistent slices of the new array. One store makes the
  // place, and the cells replace it.
  std::vector<Content::Cell> fresh;
  for (std::uint64_t at = low; at < high; at += 16) {
    const auto part = static_cast<unsigned>(std::min<std::uint64_t>(16, high - at));
    fresh.push_back({at, part, pool.slice(array, at, part * 8)});
  }
  std::vector<Content::Cell> kept;
  for (const Content::Cell &cell : content.cells) {
    if (cell.end() <= low || cell.offset >= high) {
      kept.push_back(cell);
      continue;
    }
    if (cell.offset < low)
      kept.push_back({cell.offset, static_cast<std::uint32_t>(low - cell.offset),
                      pool.extract(cell.value, 0, static_cast<unsigned>(low - cell.offset) * 8)});
    if (cell.end() > high)
      kept.push_back({high, static_cast<std::uint32_t>(cell.end() - high),
                      pool.extract(cell.value, static_cast<unsigned>(high - cell.offset) * 8,
                                   static_cast<unsigned>(cell.end() - high) * 8)});
  }
  const auto at = std::partition_point(kept.begin(), kept.end(), [low](const Content::Cell &c) { return c.offset < low; });
  kept.insert(at, fresh.begin(), fresh.end());
  content.cells = std::move(kept);
}

} // namespace ringfence::symbolic
