// Caller chooses a file or registry path: see docs/rules/privilege/caller-chosen-path.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_path(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"arbitrary-file-or-registry", "make the kernel open the file or registry key of its choice", Power::strong,
       "replace the text in {} by a constant path, or one below a directory of the product without \"..\", and open it "
       "with OBJ_FORCE_ACCESS_CHECK so that the caller's own rights decide"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "a file or registry path",
                .remedy = "Open a constant path, or one below a directory of the product, with OBJ_FORCE_ACCESS_CHECK "
                          "so that the caller's own rights decide"});
}

} // namespace ringfence::rules
