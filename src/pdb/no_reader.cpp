// Takes the place of llvm_reader.cpp in a build without LLVM.

#include "contents.h"

namespace ringfence::pdb {

Result<Contents> read_contents(Bytes) {
  return Error{ErrorCode::unsupported, 0, "this build of ringfence cannot read program databases (built without LLVM)"};
}

bool can_read_contents() { return false; }

} // namespace ringfence::pdb
