// The seam between the plain half of the room and the half that uses LLVM.
#pragma once

#include <ringfence/pdb/pdb.h>

namespace ringfence::pdb {

/// Everything of the program database that is read; the error is that of load().
Result<Contents> read_contents(Bytes file);
bool can_read_contents();

} // namespace ringfence::pdb
