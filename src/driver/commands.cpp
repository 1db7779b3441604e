#include "commands.h"

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Kind;

namespace {

constexpr std::size_t most_values = 256;

/// The arrays that hold the caller's bytes.
std::vector<symbolic::ArrayId> buffers_of(World &world, const Request &request) {
  const auto &objects = world.machine().objects();
  std::vector<symbolic::ArrayId> out;
  for (const symbolic::ObjectId id : {request.system_buffer, request.mdl_buffer})
    if (id.value != 0)
      out.push_back(objects[id].array);
  if (request.type3_pointer != Expr(0))
    if (const auto behind = objects.existing_behind(request.type3_pointer))
      out.push_back(objects[*behind].array);
  return out;
}

} // namespace

void CommandValues::add(World &world, const symbolic::State &state, const Request &request) {
  const auto &pool = world.pool();
  const auto buffers = buffers_of(world, request);
  for (const Expr condition : state.facts.conditions()) {
    symbolic::Node n = pool[condition];
    if (n.kind == Kind::not_)
      n = pool[Expr(n.a)];
    if (n.kind != Kind::eq || !pool.is_constant(Expr(n.b)))
      continue;
    const symbolic::Node &field = pool[Expr(n.a)];
    const bool of_caller = field.kind == Kind::slice && field.bits <= 64 &&
                           std::ranges::find(buffers, symbolic::ArrayId(field.a)) != buffers.end();
    if (!of_caller)
      continue;
    auto &values = values_[{field.imm, field.bits}];
    if (values.size() < most_values)
      values.insert(pool.value(Expr(n.b)));
    if (const symbolic::Range range = state.facts.range(pool, Expr(n.a));
        range.is_single() && values.size() < most_values)
      values.insert(range.low);
  }
}

std::optional<Commands> CommandValues::best() const {
  const auto most = std::ranges::max_element(values_, {}, [](const auto &entry) { return entry.second.size(); });
  if (most == values_.end() || most->second.size() < 2)
    return std::nullopt;
  return Commands{.offset = most->first.offset,
                  .bytes = most->first.bits / 8,
                  .values = {most->second.begin(), most->second.end()}};
}

} // namespace ringfence::driver
