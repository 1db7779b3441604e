// Image does not ask for integrity checks: see docs/rules/image/no-force-integrity.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_force_integrity(const facts::Facts &facts, Sink &sink) {
  if (facts.image->dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY)
    return sink.pass("the header has FORCE_INTEGRITY: the signature is always checked");
  sink.fail("the header lacks FORCE_INTEGRITY (0x80)", {.anchor = "FORCE_INTEGRITY"});
}

} // namespace ringfence::rules
