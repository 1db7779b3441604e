#include "argument_paths.h"

#include <algorithm>

namespace ringfence::driver {

namespace {

constexpr std::size_t most_paths = 6;
constexpr const char *through_pointer = "through pointer";

/// A probe that may have been one of no bytes leaves the address open: a request that passes it in any case says more.
/// True: the facts say more than the path does.
bool assume_probed(World &world, symbolic::PathFacts &facts, symbolic::Expr address) {
  auto &pool = world.pool();
  Machine &machine = world.machine();
  if (pool.bits(address) != machine.bits() || pool.is_constant(address))
    return false;
  symbolic::PathFacts probed = facts;
  if (!probed.assume(pool, pool.ult(address, machine.pointer(machine.user_limit())), true))
    return false;
  facts = std::move(probed);
  return true;
}

/// A request that a program can send: a control code, bytes to write, a buffer to read into, a message to a port.
bool is_sendable(const Request &request) {
  if (std::any_of(request.earlier.begin(), request.earlier.end(),
                  [](const EarlierRequest &earlier) { return earlier.major == kernel_call; }))
    return false; // when the kernel calls is its own affair
  if (request.major == port_message)
    return true;
  return request.prefix.empty() && request.handle != 0 &&
         (request.major == irp_mj_device_control || request.major == irp_mj_read || request.major == irp_mj_write);
}

/// The code of a path that takes one; 0 where the request has none.
std::optional<std::uint32_t> code_of(World &world, const Request &request, const symbolic::PathFacts &facts) {
  if (request.major != irp_mj_device_control)
    return 0;
  const symbolic::Range codes = facts.range(world.pool(), request.code);
  if (codes.is_single())
    return static_cast<std::uint32_t>(codes.low);
  return std::nullopt;
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
    world.log(
        state,
        {.kind = EventKind::note, .pc = access.pc, .object = access.object.value, .b = count, .text = through_pointer});
}

void ArgumentPaths::add(World &world, const symbolic::State &state, const symbolic::PathFacts &facts,
                        symbolic::Expr argument, std::string_view name) {
  const auto same = [&](const Path &path) {
    return path.argument == argument && path.facts.conditions() == facts.conditions();
  };
  if (std::any_of(paths_.begin(), paths_.end(), same))
    return;
  if (paths_.size() >= most_paths) {
    left_out_ = true;
    return;
  }
  Path path{facts, argument, {}, {}, std::string(name)};
  auto &pool = world.pool();
  if (const symbolic::Expr mode = world.requestor_mode();
      mode != symbolic::Expr(0) && !path.facts.assume(pool, mode, true)) {
    left_out_ = true;
    return; // only requests of the kernel get there: none that can be sent
  }
  for (const Event *event : world.log_of(state))
    if (event->kind == EventKind::note && event->text == "probed") {
      path.assumed =
          assume_probed(world, path.facts, symbolic::Expr(static_cast<std::uint32_t>(event->a))) || path.assumed;
    } else if (event->kind == EventKind::note && event->text == locked_input) {
      path.locked.push_back(
          world.machine().objects()[symbolic::ObjectId(static_cast<std::uint32_t>(event->object))].array);
    } else if (event->kind == EventKind::note && event->text == through_pointer) {
      const symbolic::Object &object =
          world.machine().objects()[symbolic::ObjectId(static_cast<std::uint32_t>(event->object))];
      path.through.push_back({.pointer = object.pointer,
                              .memory = object.array,
                              .count = symbolic::Expr(static_cast<std::uint32_t>(event->b))});
    }
  paths_.push_back(std::move(path));
}

SolvedSequence ArgumentPaths::solved_by(const witness::Answer &answer, const Path &path, const std::string &device,
                                        std::span<const EarlierRequest> sequence) {
  SolvedSequence solved{.device = device,
                        .requests = {},
                        .carrier = answer.carrier,
                        .offset = answer.offset,
                        .width = answer.width,
                        .canary_a = answer.canary_a,
                        .canary_b = answer.canary_b,
                        .whole = answer.whole,
                        .memory = {},
                        .argument = path.name};
  for (std::size_t i = 0; i < sequence.size(); ++i)
    solved.requests.push_back({.major = sequence[i].major,
                               .code = sequence[i].code,
                               .input = answer.requests[i].input,
                               .output_length = answer.requests[i].output_length});
  for (const witness::UserMemory &memory : answer.memory)
    solved.memory.push_back({memory.address, memory.bytes});
  return solved;
}

SolvedPaths ArgumentPaths::solve(witness::Solver &solver, World &world, const Request &request) const {
  SolvedPaths out{.solved = {}, .refuted = is_sendable(request) && !paths_.empty() && !left_out_};
  if (!is_sendable(request))
    return out;
  for (const Path &path : paths_) {
    const auto code = code_of(world, request, path.facts);
    if (!code) { // a route that is not one control code
      out.refuted = false;
      continue;
    }
    const std::vector<EarlierRequest> sequence = sequence_of(world, request, {}, *code);
    std::vector<witness::Inputs> inputs;
    for (const EarlierRequest &each : sequence)
      inputs.push_back(each.inputs);
    inputs.back().bytes.insert(inputs.back().bytes.end(), path.locked.begin(), path.locked.end());
    const bool has_input =
        std::any_of(inputs.begin(), inputs.end(), [](const witness::Inputs &each) { return !each.bytes.empty(); });
    const witness::Solution solution =
        has_input ? solver.solve(inputs, path.facts, path.through, path.argument) : witness::Solution();
    out.refuted = out.refuted && solution.contradictory && !path.assumed;
    for (const witness::Answer &answer : solution.answers)
      if (SolvedSequence solved = solved_by(answer, path, request.device, sequence);
          std::find(out.solved.begin(), out.solved.end(), solved) == out.solved.end())
        out.solved.push_back(std::move(solved));
  }
  return out;
}

} // namespace ringfence::driver
