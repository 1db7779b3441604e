// Nothing was found that needs a kernel driver: see docs/rules/surface/user-mode-may-do.md.

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

namespace {

bool is_system_wide(std::string_view role) {
  constexpr std::string_view roles[] = {
      "process-notify",    "process-notify-ex", "thread-notify",    "image-notify",
      "registry-callback", "object-callback",   "filter-operation", "filter-post-operation",
      "wfp-callout",       "pnp-notification",  "bug-check",        "interrupt"};
  return std::find(std::begin(roles), std::end(roles), role) != std::end(roles);
}

/// Groups of routines without an equal in user mode.
bool needs_kernel(std::string_view danger) {
  constexpr std::string_view groups[] = {
      "physical-memory", "ports",   "registers", "msr",         "pci", "firmware",
      "callbacks",       "network", "processor", "driver-load", "mdl", "process-memory"};
  return std::find(std::begin(groups), std::end(groups), danger) != std::end(groups);
}

} // namespace

void run_user_mode_may_do(const facts::Facts &facts, Sink &sink) {
  const facts::SurfaceFacts &surface = *facts.surface;
  if (surface.devices.empty() && surface.codes.empty())
    return sink.not_applicable("the driver makes no device");
  if (surface.has_entry("AddDevice") || surface.has_entry("EvtDriverDeviceAdd"))
    return sink.pass("the driver serves a device that Plug and Play found");
  for (const facts::CallbackFacts &callback : surface.callbacks)
    if (is_system_wide(callback.role))
      return sink.pass("the driver registers a callback of role " + callback.role);
  for (const facts::RoutineFacts &routine : surface.routines)
    if (needs_kernel(routine.danger) || routine.name.starts_with("IoAttach") ||
        routine.name.starts_with("IoConnectInterrupt"))
      return sink.pass("the driver uses " + printable(routine.name));
  for (const facts::CodeFacts &code : surface.codes)
    if (!code.primitives.empty())
      return sink.pass("code " + code.text + " does a privileged operation");
  sink.fail(
      "the driver touches no hardware, no interrupt, no device stack and no system-wide callback: a service may do",
      {.anchor = "kernel"});
}

} // namespace ringfence::rules
