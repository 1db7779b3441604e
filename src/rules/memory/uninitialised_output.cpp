// Request gets kernel memory that nobody wrote: see docs/rules/memory/uninitialised-output.md.

#include "privilege/family.h"

namespace ringfence::rules {

void run_uninitialised_output(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"info-leak", "read kernel memory that the driver did not mean to return", Power::limited},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "",
                .remedy = "Zero the output before it is filled (RtlZeroMemory over the whole length), and set "
                          "IoStatus.Information to the number of bytes that were written",
                .nothing = "no output of unwritten memory was seen on the followed paths"});
}

} // namespace ringfence::rules
