// Pdb -> PdbFacts: what the records say of each object, put together for the rules.
#pragma once

#include <ringfence/facts/pdb_facts.h>
#include <ringfence/image/image.h>
#include <ringfence/pdb/pdb.h>

#include <string>

namespace ringfence::facts_build {

/// `path` names the program database in the facts. Precondition: `pdb` belongs to `image`. Never fails: what the
/// database could not give stands in PdbFacts::damage.
facts::PdbFacts build_pdb_facts(const pdb::Pdb &pdb, const image::Image &image, std::string path);

} // namespace ringfence::facts_build
