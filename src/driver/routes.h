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
  const symbolic::State &heap;           ///< memory after the driver has started; its log is empty
  std::vector<const Event *> registered; ///< what happened on the path to there, oldest first
  std::uint64_t device = 0;              ///< address of the first device object; 0: none
  std::uint64_t system_control = 0;      ///< its routine for IRP_MJ_SYSTEM_CONTROL; 0: none
  std::vector<Ioctl> found;              ///< codes and routes

  /// Callbacks of a role, in the order of their registration.
  std::vector<const Event *> callbacks(kernel::CallbackRole role) const;
  /// The routine gets a request and is shown as an entry point.
  void add_entry_point(std::string_view name, std::uint64_t routine);
  void add_gap(std::string what, std::uint64_t routine);
  /// Follows the routine that the request was made for.
  void run(Request request);
  /// The same for a request without a code, which is one route of this name.
  /// What it reads and leaves is for sequences.
  std::vector<StatefulRoute> run_route(Request request, std::string_view name);
};

/// Memory on the path of `start` that returns success and did most; nothing when none succeeds. `gates` gets the checks
/// of the caller on all its paths.
std::optional<symbolic::State> succeeded_path(World &world, symbolic::State start, std::uint64_t fuel,
                                              std::vector<std::string> &gates);

void follow_filter_ports(Routes &routes);
void follow_fast_io(Routes &routes);
void follow_storport(Routes &routes);
void follow_wmi(Routes &routes);
void follow_oids(Routes &routes);
void follow_kernel_streaming(Routes &routes);
/// All of them. Entry points, ports and gaps go to the driver, codes and routes to `found`.
void follow_registered_routes(Routes &routes);

/// The threads that the path made, with what each waits for first.
std::vector<WaitingThread> waiting_threads(World &world, const symbolic::State &heap);

} // namespace ringfence::driver
