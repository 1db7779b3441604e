// How the audit gets at program databases without touching the file system itself: whoever owns the files says where
// one could lie and reads it. Without an access object no program database is looked for.
#pragma once

#include <ringfence/base/result.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::audit {

/// A file that may be the program database of a driver.
struct PdbPlace {
  std::string path;
  bool asked_for = false; ///< the user named it, or its directory; else it was found beside the driver
};

/// Called from several threads at once.
class PdbAccess {
public:
  virtual ~PdbAccess() = default;
  /// Existing files to try for the driver at `driver_path`, best first. `pdb_name` is the file name that the driver's
  /// debug directory states, without directories, and `key` is GUID and age as symbol stores write them; both can be
  /// empty.
  virtual std::vector<PdbPlace> places(std::string_view driver_path, std::string_view pdb_name,
                                       std::string_view key) const = 0;
  virtual Result<std::vector<std::byte>> read(const std::string &path) const = 0;
};

} // namespace ringfence::audit
