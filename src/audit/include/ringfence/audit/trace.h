// Why a driver was found to do, or not to do, something for one control code: what `check --trace` shows.
#pragma once

#include <ringfence/audit/pdb_access.h>
#include <ringfence/base/result.h>
#include <ringfence/base/value.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::audit {

/// The `trace` object of one driver: paths, where they ended, operations and how each was judged, what was not
/// modelled. `subject` is a control code ("0x8a5f2404", decimal) or a route as the report names it ("IRP_MJ_WRITE",
/// "default"). `pdbs` may be null. Errors: those of an image that cannot be read; unsupported where its code is not
/// followed.
Result<Value> trace_driver(std::string path, std::vector<std::byte> bytes, std::string_view subject,
                           const PdbAccess *pdbs);

} // namespace ringfence::audit
