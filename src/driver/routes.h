// The ways into a driver besides the driver object's dispatch table: what it handed to a framework while it started.
// Each framework has a file of its own that turns a registered routine into requests. What is registered and not
// followed becomes a gap; nothing is left out silently.
#pragma once

#include "ioctl_recovery.h"
#include "request.h"

#include <ringfence/driver/driver.h>

#include <string_view>
#include <vector>

namespace ringfence::driver {

struct Routes {
  World &world;
  const Budget &budget;
  Driver &driver;
  const symbolic::State &heap;             ///< memory after the driver has started; its log is empty
  std::vector<const Event *> registered;   ///< what happened on the path to there, oldest first
  std::vector<Ioctl> found;                ///< codes and routes

  /// Callbacks of a role, in the order of their registration.
  std::vector<const Event *> callbacks(kernel::CallbackRole role) const;
  /// The routine gets a request and is shown as an entry point.
  void add_entry_point(std::string_view name, std::uint64_t routine);
  void add_gap(std::string what, std::uint64_t routine);
  /// Follows the routine that the request was made for.
  void run(Request request);
  /// The same for a request without a code, which is one route of this name.
  void run_route(Request request, std::string_view name);
};

/// Memory on the path of `start` that returns success and did most; nothing when none succeeds. `gates` gets the checks
/// of the caller on all its paths.
std::optional<symbolic::State> succeeded_path(World &world, symbolic::State start, std::uint64_t fuel, std::vector<std::string> &gates);

void follow_filter_ports(Routes &routes);

/// All of them: entry points, ports and gaps go to `driver`; the codes and routes are returned.
std::vector<Ioctl> follow_registered_routes(World &world, const Budget &budget, const symbolic::State &heap, Driver &driver);

} // namespace ringfence::driver
