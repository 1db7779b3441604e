#include "argument_paths.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

namespace {

constexpr std::size_t most_paths = 6;
constexpr const char *through_pointer = "through pointer";
constexpr std::uint32_t method_mask = 3, method_neither = 3; // the low two bits of a control code

/// The name of the device object that the request goes to.
std::string device_of(World &world, const Request &request) {
  Machine &machine = world.machine();
  const auto word = machine.word();
  const std::uint64_t field = kernel::layout::IO_STACK_LOCATION::structure_size.at(word) * 3u + kernel::layout::IO_STACK_LOCATION::DeviceObject.at(word);
  const symbolic::Expr device = machine.load(request.state, request.stack_location, field, machine.bits() / 8);
  if (machine.pool().is_constant(device))
    for (const Event *event : world.log_of(request.state))
      if (event->kind == EventKind::device_created && event->object == machine.pool().value(device))
        return event->text;
  return {};
}

/// The request's input as the transfer method of its code hands it over.
witness::Inputs inputs_of(World &world, const Request &request, std::uint32_t code) {
  const auto &objects = world.machine().objects();
  witness::Inputs inputs{.code = request.code, .input_length = request.input_length, .output_length = request.output_length};
  if ((code & method_mask) != method_neither)
    inputs.bytes.push_back(objects[request.system_buffer].array);
  else if (const auto behind = objects.existing_behind(request.type3_pointer))
    inputs.bytes.push_back(objects[*behind].array);
  return inputs;
}

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
  const std::string device = device_of(world, request);
  for (const Path &path : paths_) {
    const symbolic::Range codes = path.facts.range(world.pool(), request.code);
    if (!codes.is_single()) // a route that is not one control code
      continue;
    const auto code = static_cast<std::uint32_t>(codes.low);
    const witness::Inputs inputs = inputs_of(world, request, code);
    if (inputs.bytes.empty())
      continue;
    const auto answer = solver.solve(std::span(&inputs, 1), path.facts, path.through, path.argument);
    if (!answer)
      continue;
    SolvedSequence solved{.device = device, .requests = {}, .carrier = answer->carrier, .offset = answer->offset, .width = answer->width,
                          .canary_a = answer->canary_a, .canary_b = answer->canary_b, .whole = answer->whole, .memory = {}, .argument = path.name};
    for (const witness::Sent &sent : answer->requests)
      solved.requests.push_back({.code = code, .input = sent.input, .output_length = sent.output_length});
    for (const witness::UserMemory &memory : answer->memory)
      solved.memory.push_back({memory.address, memory.bytes});
    if (std::find(out.begin(), out.end(), solved) == out.end())
      out.push_back(std::move(solved));
  }
  return out;
}

} // namespace ringfence::driver
