// Finds the program database of an image among the files at hand, and names the places of findings with it.
#pragma once

#include <ringfence/audit/pdb_access.h>
#include <ringfence/finding/finding.h>
#include <ringfence/image/image.h>
#include <ringfence/pdb/pdb.h>
#include <ringfence/report/report.h>

#include <optional>

namespace ringfence::audit {

struct MatchedPdb {
  std::string path;
  pdb::Pdb pdb;
};

/// The first file that belongs to `image` (same GUID and age). Files that do not, or cannot be read, are said in
/// `coverage`; those that the user asked for make it partial.
std::optional<MatchedPdb> find_pdb(const image::Image &image, std::string_view driver_path, const PdbAccess *access,
                                   report::Coverage &coverage);

/// Gives each location with an address in code its function and source line.
void name_places(const pdb::Pdb &pdb, std::vector<finding::Finding> &findings);

} // namespace ringfence::audit
