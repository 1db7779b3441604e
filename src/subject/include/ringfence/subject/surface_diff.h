// Two builds of a driver compared by what a caller meets: the `surface` objects of two reports. A change is worse when
// it lets somebody reach more than before; the rest is said for the reviewer.
#pragma once

#include <ringfence/base/value.h>

#include <string>
#include <vector>

namespace ringfence::subject {

struct SurfaceChange {
  std::string kind;    ///< "code-added", "descriptor-weaker", "secure-open-dropped", ...
  std::string subject; ///< the code, device or routine it is about
  std::string what;
  bool worse = false;
};

/// Changes from `before` to `after`, worse ones first, then by kind and subject. Members that are missing count as
/// empty.
std::vector<SurfaceChange> diff_surfaces(const Value &before, const Value &after);

/// True when `after` grants a preset of callers a right that `before` does not; false where a text does not parse.
bool grants_more(const std::string &before, const std::string &after);

} // namespace ringfence::subject
