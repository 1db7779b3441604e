#include <ringfence/code/unwind_coverage.h>

#include <ringfence/lift/lift.h>

#include <algorithm>
#include <map>

namespace ringfence::code {

namespace {

constexpr unsigned kMaxBlocksSwept = 4096; ///< of one function

struct Unreached {
  std::uint64_t begin = 0, end = 0;
  bool live = false;                ///< something that is not dead names it
  std::vector<std::uint64_t> names; ///< addresses its code names
  bool named_by_code = false;
};

/// Every code address that the instructions in [begin, end) name, from one linear pass: unwind data says where it
/// starts.
std::vector<std::uint64_t> addresses_named(const Program &program, lift::Lifter &lifter, const Unreached &function) {
  std::vector<std::uint64_t> named;
  ir::Body body;
  const auto rva = program.image().rva_of(Va(function.begin));
  const auto bytes = rva ? program.image().bytes_at(*rva, function.end - function.begin) : std::nullopt;
  if (!bytes)
    return named;
  std::uint64_t at = function.begin;
  for (unsigned i = 0; i < kMaxBlocksSwept && at < function.end; ++i) {
    const auto lifted =
        lifter.lift_block(bytes->subspan(static_cast<std::size_t>(at - function.begin)), at, lift::kNoBoundary, body);
    if (!lifted)
      break;
    at = body.block(lifted->id).end;
  }
  for (const ir::Op &op : body.ops)
    if (op.imm >= program.cache().code_begin() && op.imm < program.cache().code_end())
      named.push_back(op.imm);
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  return named;
}

} // namespace

UnwindCoverage measure_unwind_coverage(const Program &program) {
  UnwindCoverage coverage;
  const image::Image &image = program.image();
  auto lifter = lift::make_lifter(program.body().architecture);
  if (image.machine() != image::Machine::amd64 || !lifter)
    return coverage;
  std::map<std::uint64_t, Unreached> unreached;
  for (const image::RuntimeFunction &function : image.unwind().functions) {
    if (!(function.begin < function.end) || image::primary_function(image, function).begin != function.begin)
      continue;
    ++coverage.functions;
    const std::uint64_t begin = image.va_of(function.begin).value;
    if (program.cache().block_of_instruction(begin))
      ++coverage.reached;
    else
      unreached[begin] = {begin, image.va_of(function.end).value, false, {}, false};
  }
  for (const image::Relocation &relocation : image.relocations().entries)
    if (const auto value = image.read_pointer(relocation.rva))
      if (const auto found = unreached.find(*value); found != unreached.end())
        found->second.live = true;
  for (const ir::Op &op : program.body().ops)
    if (const auto found = unreached.find(op.imm); found != unreached.end())
      found->second.live = true;
  for (auto &[begin, function] : unreached) {
    function.names = addresses_named(program, **lifter, function);
    for (const std::uint64_t name : function.names)
      if (const auto found = unreached.find(name); found != unreached.end() && name != begin)
        found->second.named_by_code = true;
  }
  // What a live function names is live: to the fixpoint.
  std::vector<std::uint64_t> pending;
  for (const auto &[begin, function] : unreached)
    if (function.live)
      pending.push_back(begin);
  while (!pending.empty()) {
    const std::uint64_t at = pending.back();
    pending.pop_back();
    for (const std::uint64_t name : unreached[at].names)
      if (const auto found = unreached.find(name); found != unreached.end() && !found->second.live) {
        found->second.live = true;
        pending.push_back(name);
      }
  }
  for (const auto &[begin, function] : unreached) {
    if (function.live)
      coverage.missed.push_back(*image.rva_of(Va(begin)));
    else if (function.named_by_code)
      ++coverage.dead;
    else
      ++coverage.unreferenced;
  }
  return coverage;
}

} // namespace ringfence::code
