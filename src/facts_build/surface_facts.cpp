#include <ringfence/facts_build/surface_facts.h>

#include "missing_routes.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/api.h>
#include <ringfence/security/reach.h>

#include <algorithm>
#include <map>

namespace ringfence::facts_build {
namespace {

facts::Reach reach_of(const security::Reach &reach) { return *facts::reach_from_name(security::name_of(reach.reach)); }

/// The same driver with FILE_DEVICE_SECURE_OPEN on every device: who would still get there.
subject::Access access_if_secured(driver::Driver driver) {
  for (driver::Device &device : driver.devices)
    device.characteristics |= facts::FILE_DEVICE_SECURE_OPEN;
  return subject::judge_access(driver);
}

facts::DeviceFacts device_facts(const driver::Device &device, const subject::DeviceAccess &access,
                                const subject::DeviceAccess &secured) {
  return {.name = device.name,
          .links = device.links,
          .interfaces = device.interfaces,
          .type = device.type,
          .characteristics = device.characteristics,
          .secure_open = access.secure_open,
          .sddl = access.sddl,
          .sddl_source = access.sddl_source,
          .effective_sddl = access.effective_sddl,
          .class_guid = device.class_guid,
          .origin = device.origin,
          .created_at = device.created_at.value_or(Rva(0)),
          .reach = reach_of(access.reach),
          .reach_why = access.reach.why,
          .reach_if_secured = reach_of(secured.reach),
          .attached = device.attached,
          .takes_lower_flags = device.takes_lower_flags};
}

facts::CodeFacts code_facts(const driver::Ioctl &ioctl, const security::Reach &reach) {
  const bool route = !ioctl.route.empty();
  facts::CodeFacts out{.text = route ? ioctl.route : hex(ioctl.code, 8),
                       .value = route ? std::nullopt : std::optional(ioctl.code),
                       .status = static_cast<facts::CodeStatus>(ioctl.status),
                       .handler = ioctl.handler,
                       .reach = reach_of(reach),
                       .reach_why = reach.why,
                       .gates = ioctl.gates,
                       .primitives = {}};
  for (const driver::Primitive &p : ioctl.primitives) {
    out.primitives.push_back({p.kind, p.argument, p.admitted, p.constrained, p.base, p.trap, p.sink, {}, {}, {}});
    for (const driver::PathCheck &check : p.checks)
      out.primitives.back().checks.push_back({check.text, check.at});
    for (const driver::PathCall &call : p.calls)
      out.primitives.back().calls.push_back({"calls the routine at " + hex(call.routine.value), call.from});
    if (!p.sequence.empty())
      out.primitives.back().earlier.assign(p.sequence.begin(), p.sequence.end() - 1);
  }
  return out;
}

facts::RoutineFacts routine_facts(std::string name, std::string module, bool at_run_time) {
  facts::RoutineFacts out{.name = std::move(name),
                          .module = std::move(module),
                          .lifecycle = facts::Lifecycle::current,
                          .replacement = {},
                          .danger = {},
                          .found_at_run_time = at_run_time,
                          .at = {}};
  const kernel::Api *api = kernel::find_api(out.name);
  if (!api)
    return out;
  constexpr facts::Lifecycle words[] = {facts::Lifecycle::current, facts::Lifecycle::deprecated,
                                        facts::Lifecycle::banned, facts::Lifecycle::undocumented};
  const std::string_view word = kernel::word_of(api->lifecycle);
  for (const auto &[text, lifecycle] :
       {std::pair{"current", words[0]}, {"deprecated", words[1]}, {"banned", words[2]}, {"undocumented", words[3]}})
    if (word == text)
      out.lifecycle = lifecycle;
  out.replacement = api->replacement.view();
  if (api->danger != kernel::Danger::none)
    out.danger = kernel::word_of(api->danger);
  return out;
}

/// Imports in file order, then names looked up at run time; each with its first call where one was followed.
std::vector<facts::RoutineFacts> routines_of(const facts::ImageFacts &image, const driver::Driver &driver) {
  std::map<std::string_view, Rva> first_call;
  for (const driver::CallSite &site : driver.call_sites)
    first_call.emplace(site.routine, site.at);
  std::vector<facts::RoutineFacts> out;
  const auto add = [&](facts::RoutineFacts routine, std::optional<Rva> otherwise) {
    const auto call = first_call.find(routine.name);
    routine.at = call != first_call.end() ? std::optional(call->second) : otherwise;
    out.push_back(std::move(routine));
  };
  if (image.imports.present())
    for (const facts::ImportFacts &import : *image.imports)
      if (!import.name.empty())
        add(routine_facts(import.name, import.module, false), import.iat);
  for (const std::string &name : driver.resolved_names)
    add(routine_facts(name, "", true), std::nullopt);
  return out;
}

} // namespace

facts::SurfaceFacts build_surface_facts(const facts::ImageFacts &image, const driver::Driver &driver,
                                        const subject::Access &access) {
  facts::SurfaceFacts out;
  out.framework = driver.framework.empty() ? image.framework : driver.framework;
  out.reach = reach_of(access.reach);
  const subject::Access secured = access_if_secured(driver);
  for (std::size_t i = 0; i < driver.devices.size(); ++i)
    out.devices.push_back(device_facts(driver.devices[i], access.devices[i], secured.devices[i]));
  for (std::size_t i = 0; i < driver.ports.size(); ++i) {
    const driver::FilterPort &port = driver.ports[i];
    out.ports.push_back({port.name, port.sddl, port.sddl_source, reach_of(access.ports[i]), access.ports[i].why,
                         port.connect.value_or(Rva(0))});
  }
  for (std::size_t i = 0; i < driver.ioctls.size(); ++i)
    out.codes.push_back(code_facts(driver.ioctls[i], access.ioctls[i]));
  for (const driver::EntryPoint &entry : driver.entry_points)
    out.entries.push_back({entry.major, entry.rva});
  for (const driver::CallbackRegistration &callback : driver.callbacks)
    out.callbacks.push_back({callback.role, callback.through, callback.rva});
  out.routines = routines_of(image, driver);
  for (const driver::CallSite &site : driver.call_sites)
    if (!site.kind.empty())
      out.arguments.push_back({site.routine, site.at, site.kind, site.value, site.for_user});
  for (const driver::UnprotectedLink &link : driver.unprotected_links)
    out.unprotected_links.push_back({link.name, link.at});
  out.opened_names = driver.opened_names;
  out.gaps = driver.gaps.size() + driver.unmodelled_imports.size();
  out.missing = missing_routes(image, driver);
  return out;
}

} // namespace ringfence::facts_build
