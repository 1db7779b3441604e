#include "argument_paths.h"

#include <algorithm>

namespace ringfence::driver {

namespace {

constexpr std::size_t most_paths = 6;
constexpr const char *through_pointer = "through pointer";

} // namespace

void ArgumentPaths::note_access(World &world, symbolic::State &state, const symbolic::Access &access) {
  const std::uint32_t count = access.count.value_or(symbolic::Expr(0)).value;
  // A loop over pointers in memory makes a new object in every pass: a request that feeds so many is not solved anyway.
  constexpr std::size_t most = 48;
  std::size_t others = 0;
  const auto known = [&](const Event &e) {
    if (e.text != through_pointer)
      return false;
    ++others;
    return e.object == access.object.value && e.b == count;
  };
  if (!world.newest_event(state, known, 2 * most) && others < most)
    world.log(state, {.kind = EventKind::note, .pc = access.pc, .object = access.object.value, .b = count, .text = through_pointer});
}

void ArgumentPaths::add(World &world, const symbolic::State &state, const symbolic::PathFacts &facts, symbolic::Expr argument, std::string_view name) {
  const auto same = [&](const Path &path) { return path.argument == argument && path.facts.conditions() == facts.conditions(); };
  if (paths_.size() >= most_paths || std::any_of(paths_.begin(), paths_.end(), same))
    return;
  Path path{facts, argument, {}, std::string(name)};
  for (const Event *event : world.log_of(state))
    if (event->kind == EventKind::note && event->text == through_pointer) {
      const symbolic::Object &object = world.machine().objects()[symbolic::ObjectId(static_cast<std::uint32_t>(event->object))];
      path.through.push_back({.pointer = object.pointer, .memory = object.array, .count = symbolic::Expr(static_cast<std::uint32_t>(event->b))});
    }
  paths_.push_back(std::move(path));
}

std::vector<SolvedSequence> ArgumentPaths::solve(witness::Solver &solver, World &world, const Request &request) const {
  std::vector<SolvedSequence> out;
  if (request.code == symbolic::Expr(0) || !request.prefix.empty() || request.handle == 0) // no control code, or no IRP that carries it
    return out;
  for (const Path &path : paths_) {
    const symbolic::Range codes = path.facts.range(world.pool(), request.code);
    if (!codes.is_single()) // a route that is not one control code
      continue;
    const std::vector<EarlierRequest> sequence = sequence_of(world, request, {}, static_cast<std::uint32_t>(codes.low));
    std::vector<witness::Inputs> inputs;
    for (const EarlierRequest &each : sequence)
      inputs.push_back(each.inputs);
    const auto answer = inputs.back().bytes.empty() && inputs.size() == 1 ? std::nullopt : solver.solve(inputs, path.facts, path.through, path.argument);
    if (!answer)
      continue;
    SolvedSequence solved{.device = request.device, .requests = {}, .carrier = answer->carrier, .offset = answer->offset, .width = answer->width,
                          .canary_a = answer->canary_a, .canary_b = answer->canary_b, .whole = answer->whole, .memory = {}, .argument = path.name};
    for (std::size_t i = 0; i < inputs.size(); ++i)
      solved.requests.push_back({.major = sequence[i].major, .code = sequence[i].code, .input = answer->requests[i].input, .output_length = answer->requests[i].output_length});
    for (const witness::UserMemory &memory : answer->memory)
      solved.memory.push_back({memory.address, memory.bytes});
    if (std::find(out.begin(), out.end(), solved) == out.end())
      out.push_back(std::move(solved));
  }
  return out;
}

} // namespace ringfence::driver
