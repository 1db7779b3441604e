// Control codes that hand over raw user pointers: see docs/rules/surface/method-neither-code.md.

#include "words.h"

namespace ringfence::rules {

void run_method_neither_code(const facts::Facts &facts, Sink &sink) {
  judge_codes(facts, sink,
              {.is_bad = [](const facts::CodeFacts &code) { return code.method() == 3; },
               .anchor = "METHOD_NEITHER",
               .one = "hands the caller's pointers to the driver unchecked (METHOD_NEITHER)",
               .many = "hand the caller's pointers to the driver unchecked (METHOD_NEITHER)",
               .good = "no control code uses METHOD_NEITHER"});
}

} // namespace ringfence::rules
