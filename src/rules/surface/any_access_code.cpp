// Control codes that need no access right: see docs/rules/surface/any-access-code.md.

#include "words.h"

namespace ringfence::rules {

void run_any_access_code(const facts::Facts &facts, Sink &sink) {
  judge_codes(
      facts, sink,
      {.is_bad =
           [](const facts::CodeFacts &code) { return code.access() == 0 && code.status == facts::CodeStatus::handled; },
       .anchor = "FILE_ANY_ACCESS",
       .one = "does something for every handle, whatever right it was opened with (FILE_ANY_ACCESS)",
       .many = "do something for every handle, whatever right it was opened with (FILE_ANY_ACCESS)",
       .good = "every control code that does something demands a right"});
}

} // namespace ringfence::rules
