// What a rule may know of a driver's surface: devices and who opens them, control codes with what a caller can steer, calls
// with the constant arguments that matter, and what of all that was not followed. A list that is empty because a route was
// not followed is not an empty surface: `missing` says so, and the runner takes no pass from it.
#pragma once

#include <ringfence/base/strong.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::facts {

/// The widest class of callers, ordered; `unknown` stands aside.
enum class Reach : std::uint8_t { none, system, admin, service, any_user, appcontainer, unknown };

/// A way for requests into the driver that was registered and not followed, or could not be.
struct MissingRoute {
  std::string what; ///< "minifilter operations", "DriverEntry"
  std::string why;
  std::optional<Rva> rva; ///< the import or routine that says that it exists
};

struct SurfaceFacts {
  std::vector<MissingRoute> missing; ///< by place and text; empty: every route that the driver registers was followed
};

} // namespace ringfence::facts
