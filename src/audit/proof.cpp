#include "proof.h"

#include "observed.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/ioctl.h>

#include <algorithm>

namespace ringfence::audit {
namespace {

constexpr std::uint8_t irp_mj_create = 0, irp_mj_close = 2, irp_mj_device_control = 14, irp_mj_cleanup = 18;
constexpr std::uint64_t most_instructions = 2'000'000; ///< of all replays of one driver

/// True when the first request is the open, whose name the solver chose.
bool opens_itself(const driver::SolvedSequence &solved) {
  return solved.requests.size() > 1 && solved.requests.front().major == irp_mj_create;
}

std::vector<replay::Request> requests_of(const driver::SolvedSequence &solved, bool wow64, bool second) {
  std::vector<replay::Request> out;
  for (const driver::SentRequest &sent : solved.requests)
    out.push_back({.major = sent.major,
                   .code = sent.code,
                   .input = sent.input,
                   .output_length = sent.output_length,
                   .memory = {},
                   .wow64 = wow64});
  for (const auto &memory : solved.memory)
    out[opens_itself(solved) ? 1 : 0].memory.push_back({memory.address, memory.bytes});
  for (std::uint32_t i = 0; second && i < solved.width; ++i)
    out[solved.carrier].input[solved.offset + i] = static_cast<std::byte>(solved.canary_b >> (8 * i) & 0xff);
  return out;
}

static_assert(driver::port_message == replay::port_message);

Value open_value(const std::string &device, Bytes name) {
  return Value::object({{"major", "IRP_MJ_CREATE"}, {"device", device}, {"file_name", utf8_from_utf16(name)}});
}

Value request_value(const driver::SentRequest &sent, const std::string &device, bool wow64) {
  if (sent.major == irp_mj_create)
    return open_value(device, sent.input);
  Value out = Value::object(
      {{"major", sent.major == driver::port_message ? message_to_port : kernel::name_of_major_function(sent.major)}});
  if (sent.major == irp_mj_cleanup || sent.major == irp_mj_close)
    return out;
  if (sent.major == irp_mj_device_control)
    out.set("code", hex(sent.code, 8));
  out.set("in_hex", hex_bytes(sent.input));
  out.set("out_len", sent.output_length);
  if (wow64)
    out.set("wow64", true);
  return out;
}

Value witness_of(const std::string &name, const driver::SolvedSequence &solved, bool wow64) {
  Value requests = Value::array();
  const bool opens = opens_itself(solved);
  if (solved.requests.front().major == driver::port_message)
    requests.push(Value::object({{"major", connection_to_port}, {"port", solved.device}}));
  else if (!opens)
    requests.push(open_value(solved.device, {}));
  const driver::SentRequest &first = solved.requests[opens ? 1 : 0];
  for (const driver::SentRequest &sent : solved.requests) {
    Value one = request_value(sent, solved.device, wow64);
    if (&sent == &first && !solved.memory.empty()) {
      Value memory = Value::array();
      for (const auto &part : solved.memory)
        memory.push(Value::object({{"va", hex(part.address)}, {"hex", hex_bytes(part.bytes)}}));
      one.set("user_memory", std::move(memory));
    }
    requests.push(std::move(one));
  }
  Value argument = Value::object({{"name", name}, {"canary_a", solved.canary_a}, {"canary_b", solved.canary_b}});
  argument.set("in_request", solved.carrier + (opens ? 0 : 1)); // the create request is the first
  argument.set("in_offset", solved.offset);
  argument.set("bytes", solved.width);
  return Value::object({{"requests", std::move(requests)}, {"argument", std::move(argument)}});
}

} // namespace

const replay::Run &Prover::run(const Sending &sending, const replay::Goal &goal) {
  const std::vector<replay::Request> requests = requests_of(sending.solved, sending.wow64, sending.second);
  std::string key = sending.solved.device;
  for (const replay::Request &request : requests) {
    key += "|" + hex(request.major) + "|" + hex(request.code) + "|" + hex(request.output_length) +
           (request.wow64 ? "|w|" : "|") + hex_bytes(request.input);
    for (const auto &memory : request.memory)
      key += "|" + hex(memory.address) + hex_bytes(memory.bytes);
  }
  const auto [known, is_new] = runs_.try_emplace(std::move(key));
  replay::Run &run = known->second;
  if (!is_new && (!run.reached || !goal || std::ranges::any_of(run.observations, goal)))
    return run;
  if (instructions_ > most_instructions)
    run = {.why = "the fuel for replays is spent"};
  else
    run = replay_->run(sending.solved.device, requests, goal);
  instructions_ += run.instructions;
  return run;
}

bool Prover::reaches(const driver::Primitive &primitive, const Sending &sending, std::string &why) {
  const std::uint64_t place = image_.headers().image_base + primitive.sink.value;
  const std::uint64_t canary = sending.second ? sending.solved.canary_b : sending.solved.canary_a;
  const std::string &argument = sending.solved.argument.empty() ? primitive.argument : sending.solved.argument;
  const auto is_operation = [&](const replay::Observation &o) {
    return o.place == place && is_same_operand(o.argument, argument) &&
           !(primitive.kind == "process-memory-rw" && o.own_process) &&
           !(o.named && primitive.kind.starts_with("kernel-memory") && o.argument != "VirtualAddress");
  };
  const auto is_goal = [&](const replay::Observation &o) {
    return is_operation(o) &&
           (sending.solved.whole ? o.value == canary : carries(o.value, canary, sending.solved.width));
  };
  const replay::Run &seen = run(sending, is_goal);
  if (const auto at = std::ranges::find_if(seen.observations, is_goal); at != seen.observations.end()) {
    argument_ = at->argument;
    return true;
  }
  why = std::ranges::any_of(seen.observations, is_operation) ? "the argument does not follow the input"
        : seen.finished                                      ? "the request ends without reaching the place"
                                                             : seen.why;
  return false;
}

std::string Prover::confirm(const driver::Primitive &primitive, Sending sending) {
  std::string why;
  if (!reaches(primitive, sending, why))
    return why;
  sending.second = true;
  return reaches(primitive, sending, why) ? std::string() : why;
}

Proof Prover::prove(const driver::Primitive &primitive) {
  if (primitive.solved.empty())
    return {.why = "no request was solved from the conditions of its paths"};
  if (!replay_)
    replay_.emplace(image_, replay::Budget{});
  Proof proof{.evidence = "L2"};
  if (!replay_->boot()) {
    proof.why = replay_->why();
    return proof;
  }
  for (const driver::SolvedSequence &solved : primitive.solved)
    for (const bool wow64 : {false, true}) {
      if (wow64 && !run({.solved = solved}, {}).asked_wow64)
        continue;
      const std::string why = confirm(primitive, {.solved = solved, .wow64 = wow64});
      if (why.empty())
        return {.evidence = "L3", .witness = witness_of(argument_, solved, wow64)};
      if (proof.why.empty())
        proof.why = why;
    }
  return proof;
}

} // namespace ringfence::audit
