// Whether the entry point of a driver seeds the stack cookie, from the names of a program database and the direct calls
// in the code. No decoder is needed: only the address that a call would have counts, and it must be exactly a known
// function.
#pragma once

#include <ringfence/facts/pdb_facts.h>
#include <ringfence/image/image.h>
#include <ringfence/pdb/pdb.h>

namespace ringfence::facts_build {

facts::PdbCookieFacts cookie_facts(const pdb::Pdb &pdb, const image::Image &image);

} // namespace ringfence::facts_build
