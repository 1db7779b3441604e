// RequestorMode as the only access check: see docs/rules/surface/requestor-mode-as-access-check.md.

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_requestor_mode_as_access_check(const facts::Facts &facts, Sink &sink) {
  bool failed = false;
  for (const facts::CodeFacts &code : facts.surface->codes)
    for (const facts::PrimitiveFacts &primitive : code.primitives) {
      if (primitive.constrained || primitive.trap != "requestor-mode")
        continue;
      failed = true;
      sink.fail("nothing but RequestorMode stands before " + primitive.kind + " in " +
                    (code.value ? "code " : "the route ") + code.text,
                {.anchor = code.text,
                 .location = {.rva = primitive.sink},
                 .reach = std::string(facts::name_of(code.reach)),
                 .fix = "In " + code.text + ", before " + hex(primitive.sink.value) + ": confine " +
                        primitive.argument +
                        "; RequestorMode decides about probing, and the device's descriptor and the code's access bits "
                        "decide who may ask."});
      break;
    }
  if (!failed)
    sink.pass("no privileged operation has RequestorMode as its only check");
}

} // namespace ringfence::rules
