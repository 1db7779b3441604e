#include "proof.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::audit {
namespace {

/// True when the canary's bytes stand in the value, one after the other.
bool carries(std::uint64_t value, std::uint64_t canary, unsigned width) {
  const std::uint64_t mask = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
  for (unsigned shift = 0; shift + 8 * width <= 64; shift += 8)
    if ((value >> shift & mask) == canary)
      return true;
  return false;
}

replay::Request request_of(const driver::SolvedRequest &solved, bool second) {
  replay::Request request{.code = solved.code, .input = solved.input, .output_length = solved.output_length};
  for (std::uint32_t i = 0; second && i < solved.width; ++i)
    request.input[solved.offset + i] = static_cast<std::byte>(solved.canary_b >> (8 * i) & 0xff);
  return request;
}

Value witness_of(const driver::Primitive &primitive, const driver::SolvedRequest &solved) {
  Value requests = Value::array();
  requests.push(Value::object({{"major", "IRP_MJ_CREATE"}, {"device", solved.device}, {"file_name", ""}}));
  requests.push(Value::object({{"major", "IRP_MJ_DEVICE_CONTROL"},
                               {"code", hex(solved.code, 8)},
                               {"in_hex", hex_bytes(solved.input)},
                               {"out_len", solved.output_length}}));
  Value argument = Value::object({{"name", primitive.argument}, {"canary_a", solved.canary_a}, {"canary_b", solved.canary_b}});
  argument.set("in_offset", solved.offset);
  argument.set("bytes", solved.width);
  return Value::object({{"requests", std::move(requests)}, {"argument", std::move(argument)}});
}

} // namespace

bool Prover::reaches(const driver::Primitive &primitive, const driver::SolvedRequest &solved, bool second, std::string &why) {
  const replay::Request request = request_of(solved, second);
  const replay::Run run = replay_->run(solved.device, std::span(&request, 1));
  const std::uint64_t place = image_.headers().image_base + primitive.sink.value;
  const std::uint64_t canary = second ? solved.canary_b : solved.canary_a;
  bool at_place = false;
  for (const replay::Observation &o : run.observations) {
    if (o.place != place || o.argument != primitive.argument)
      continue;
    at_place = true;
    if (solved.whole ? o.value == canary : carries(o.value, canary, solved.width))
      return true;
  }
  why = at_place ? "the argument does not follow the input" : run.finished ? "the request ends without reaching the place" : run.why;
  return false;
}

std::string Prover::confirm(const driver::Primitive &primitive, const driver::SolvedRequest &solved) {
  std::string why;
  if (reaches(primitive, solved, false, why) && reaches(primitive, solved, true, why))
    return {};
  return why;
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
  for (const driver::SolvedRequest &solved : primitive.requests) {
    const std::string why = confirm(primitive, solved);
    if (why.empty())
      return {.evidence = "L3", .witness = witness_of(primitive, solved)};
    if (proof.why.empty())
      proof.why = why;
  }
  return proof;
}

} // namespace ringfence::audit
