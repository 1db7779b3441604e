// Facts: everything a rule may read, one pointer a group. A group that was not built is null; the runner of the
// rules turns a rule's unmet need into a verdict, so a rule only runs over groups that are there.
#pragma once

#include <ringfence/facts/image_facts.h>
#include <ringfence/facts/pdb_facts.h>
#include <ringfence/facts/surface_facts.h>

namespace ringfence::facts {

struct Facts {
  const ImageFacts *image = nullptr;
  const PdbFacts *pdb = nullptr;         ///< null: no PDB was given
  const SurfaceFacts *surface = nullptr; ///< null: the code was not followed
};

} // namespace ringfence::facts
