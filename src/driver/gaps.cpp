#include "gaps.h"

#include <algorithm>

namespace ringfence::driver {

void add_gaps(World &world, Driver &driver) {
  const Machine &machine = world.machine();
  for (const Ioctl &ioctl : driver.ioctls)
    if (ioctl.deferred)
      driver.gaps.push_back({"a request is kept for later, and what completes it was not followed", ioctl.handler});
  // A loop that was left early is worth no word where codes were found; where none were, it may be what hides them.
  const bool has_control = std::any_of(driver.entry_points.begin(), driver.entry_points.end(), [](const EntryPoint &e) {
    return e.major == "IRP_MJ_DEVICE_CONTROL" || e.major == "EvtIoDeviceControl";
  });
  const bool hides = driver.ioctls.empty() && has_control;
  for (const symbolic::Gap &gap : world.executor().gaps())
    if (gap.what != symbolic::Gap::What::loop_bounded || hides)
      driver.gaps.push_back({symbolic::name_of(gap.what), machine.rva_of(gap.address)});
  if (world.solver().lacks_z3())
    driver.gaps.push_back(
        {"Z3 is not installed: whether the checks before an operation contradict each other stayed open", {}});
  driver.unmodelled_imports = world.unmodelled();
  driver.call_sites = world.call_sites().take();
  for (const Import &import : machine.imports())
    if (import.resolved_at_run_time)
      driver.resolved_names.push_back(import.name);
  std::sort(driver.resolved_names.begin(), driver.resolved_names.end());
  driver.instructions = world.executor().instructions_used();
}

} // namespace ringfence::driver
