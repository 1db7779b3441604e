// WDM driver where a framework would do: see docs/rules/surface/framework-not-used.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_framework_not_used(const facts::Facts &facts, Sink &sink) {
  const facts::SurfaceFacts &surface = *facts.surface;
  if (surface.framework != "WDM")
    return sink.pass("the driver is built on " +
                     (surface.framework.empty() ? std::string("another model than WDM") : surface.framework));
  for (const std::string_view name : {"FsRtl", "IoRegisterFileSystem", "IoRegisterFsRegistrationChange"})
    if (surface.routine(name))
      return sink.not_applicable("a file system or a filter of file systems: the frameworks do not serve those");
  if (surface.devices.empty())
    return sink.not_applicable("the driver makes no device");
  sink.fail("a WDM driver: it fills the driver object and completes each request itself",
            {.anchor = "WDM", .location = {.rva = facts.image->entry_point}});
}

} // namespace ringfence::rules
