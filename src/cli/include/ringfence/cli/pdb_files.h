// The user's program databases: those named with --pdb, and those that lie beside a driver.
#pragma once

#include <ringfence/audit/pdb_access.h>

namespace ringfence::cli {

class PdbFiles : public audit::PdbAccess {
public:
  /// `given`: files and directories of --pdb. `single_driver`: one driver is audited, so that a file given is meant for
  /// it whatever its name.
  PdbFiles(std::vector<std::string> given, bool single_driver);

  /// A file given is tried when it has the PDB's name, or the driver's; a directory is looked into for both names and,
  /// as a symbol store, for name/key/name. Then the driver's own directory is looked into.
  std::vector<audit::PdbPlace> places(std::string_view driver_path, std::string_view pdb_name,
                                      std::string_view key) const override;
  Result<std::vector<std::byte>> read(const std::string &path) const override;

private:
  std::vector<std::string> given_;
  bool single_driver_;
};

} // namespace ringfence::cli
