#include "proof.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::audit {
namespace {

constexpr std::uint64_t most_instructions = 2'000'000; ///< of all replays of one driver

/// True when the canary's bytes stand in the value, one after the other.
bool carries(std::uint64_t value, std::uint64_t canary, unsigned width) {
  const std::uint64_t mask = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
  for (unsigned shift = 0; shift + 8 * width <= 64; shift += 8)
    if ((value >> shift & mask) == canary)
      return true;
  return false;
}

replay::Request request_of(const driver::SolvedRequest &solved, bool wow64, bool second) {
  replay::Request request{.code = solved.code, .input = solved.input, .output_length = solved.output_length, .wow64 = wow64};
  for (const auto &memory : solved.memory)
    request.memory.push_back({memory.address, memory.bytes});
  for (std::uint32_t i = 0; second && i < solved.width; ++i)
    request.input[solved.offset + i] = static_cast<std::byte>(solved.canary_b >> (8 * i) & 0xff);
  return request;
}

Value witness_of(const driver::Primitive &primitive, const driver::SolvedRequest &solved, bool wow64) {
  Value control = Value::object({{"major", "IRP_MJ_DEVICE_CONTROL"}, {"code", hex(solved.code, 8)}, {"in_hex", hex_bytes(solved.input)}, {"out_len", solved.output_length}});
  if (wow64)
    control.set("wow64", true);
  if (!solved.memory.empty()) {
    Value memory = Value::array();
    for (const auto &part : solved.memory)
      memory.push(Value::object({{"va", hex(part.address)}, {"hex", hex_bytes(part.bytes)}}));
    control.set("user_memory", std::move(memory));
  }
  Value requests = Value::array();
  requests.push(Value::object({{"major", "IRP_MJ_CREATE"}, {"device", solved.device}, {"file_name", ""}}));
  requests.push(std::move(control));
  Value argument = Value::object({{"name", solved.argument.empty() ? primitive.argument : solved.argument}, {"canary_a", solved.canary_a}, {"canary_b", solved.canary_b}});
  argument.set("in_offset", solved.offset);
  argument.set("bytes", solved.width);
  return Value::object({{"requests", std::move(requests)}, {"argument", std::move(argument)}});
}

} // namespace

const replay::Run &Prover::run(const Sending &sending) {
  const replay::Request request = request_of(sending.solved, sending.wow64, sending.second);
  std::string key = sending.solved.device + "|" + hex(request.code) + "|" + hex(request.output_length) + (request.wow64 ? "|w|" : "|") + hex_bytes(request.input);
  for (const auto &memory : request.memory)
    key += "|" + hex(memory.address) + hex_bytes(memory.bytes);
  const auto known = runs_.find(key);
  if (known != runs_.end())
    return known->second;
  replay::Run &run = runs_[std::move(key)];
  if (instructions_ > most_instructions)
    run.why = "the fuel for replays is spent";
  else
    run = replay_->run(sending.solved.device, std::span(&request, 1));
  instructions_ += run.instructions;
  return run;
}

bool Prover::reaches(const driver::Primitive &primitive, const Sending &sending, std::string &why) {
  const replay::Run &seen = run(sending);
  const std::uint64_t place = image_.headers().image_base + primitive.sink.value;
  const std::uint64_t canary = sending.second ? sending.solved.canary_b : sending.solved.canary_a;
  bool at_place = false;
  for (const replay::Observation &o : seen.observations) {
    if (o.place != place || o.argument != (sending.solved.argument.empty() ? primitive.argument : sending.solved.argument))
      continue;
    at_place = true;
    if (sending.solved.whole ? o.value == canary : carries(o.value, canary, sending.solved.width))
      return true;
  }
  why = at_place ? "the argument does not follow the input" : seen.finished ? "the request ends without reaching the place" : seen.why;
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
  if (primitive.requests.empty())
    return {.why = "no request was solved from the conditions of its paths"};
  if (!replay_)
    replay_.emplace(image_, replay::Budget{});
  Proof proof{.evidence = "L2"};
  if (!replay_->boot()) {
    proof.why = replay_->why();
    return proof;
  }
  for (const driver::SolvedRequest &solved : primitive.requests)
    for (const bool wow64 : {false, true}) {
      if (wow64 && !run({.solved = solved}).asked_wow64)
        continue;
      const std::string why = confirm(primitive, {.solved = solved, .wow64 = wow64});
      if (why.empty())
        return {.evidence = "L3", .witness = witness_of(primitive, solved, wow64)};
      if (proof.why.empty())
        proof.why = why;
    }
  return proof;
}

} // namespace ringfence::audit
