// Bytes as an image: load, discover, check what Program promises.
#include <ringfence/code/idiom.h>
#include <ringfence/code/program.h>
#include <ringfence/code/unwind_coverage.h>
#include <ringfence/ir/verify.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace ringfence;

namespace {

void must(bool holds, const char *what) {
  if (holds)
    return;
  std::fprintf(stderr, "invariant broken: %s\n", what);
  std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const auto image = image::load_view(std::as_bytes(std::span(data, size)));
  if (!image)
    return 0;
  const code::Program program = code::discover(*image);
  must(ir::verify(program.body()).ok(), "the verifier refuses a block");
  for (std::size_t i = 1; i < program.functions().size(); ++i)
    must(program.functions()[i - 1].entry < program.functions()[i].entry, "functions are not in order");
  for (const code::Function &function : program.functions()) {
    for (const ir::BlockId id : program.blocks_of(function)) {
      const ir::Block &block = program.body().block(id);
      must(program.cache().is_code_address(block.address), "a block outside code");
      const code::Flow *flow = program.flow_of(id);
      must(flow != nullptr && flow->function != code::kNoFunction, "a block without flow");
      for (const ir::BlockId successor : program.successors_of(*flow))
        must(successor.value < program.body().blocks.size(), "a successor that is no block");
    }
  }
  for (const code::CallSite &call : program.calls())
    must(call.caller.value < program.functions().size() &&
             (call.callee == code::kNoFunction || call.callee.value < program.functions().size()),
         "a call of no function");
  (void)code::measure_unwind_coverage(program);
  (void)code::recognise_functions(program);
  (void)code::recognise_loops(program);
  return 0;
}
