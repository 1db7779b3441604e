// Software-only driver works on every machine: see docs/rules/surface/no-hardware-check.md.

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

namespace {

constexpr std::uint64_t system_firmware_table = 76, smbios_window = 0xf0000, smbios_window_end = 0x100000;

/// What the driver asks the machine, or nothing.
std::string hardware_check(const facts::SurfaceFacts &surface) {
  for (const std::string_view name :
       {"AuxKlibGetSystemFirmwareTable", "ExGetSystemFirmwareTable", "IoWMIOpenBlock", "IoWMIQueryAllData"})
    if (const facts::RoutineFacts *routine = surface.routine(name))
      return routine->name;
  for (const facts::ArgumentFacts &argument : surface.arguments) {
    if (argument.kind == "system-information" && argument.value == system_firmware_table)
      return "SystemFirmwareTableInformation";
    if (argument.kind == "physical-address" && argument.value && *argument.value >= smbios_window &&
        *argument.value < smbios_window_end)
      return "the firmware's tables at " + hex(*argument.value);
  }
  return {};
}

} // namespace

void run_no_hardware_check(const facts::Facts &facts, Sink &sink) {
  const facts::SurfaceFacts &surface = *facts.surface;
  if (surface.has_entry("AddDevice") || surface.has_entry("EvtDriverDeviceAdd"))
    return sink.not_applicable("the driver is loaded for a device that Plug and Play found");
  if (std::none_of(surface.codes.begin(), surface.codes.end(),
                   [](const facts::CodeFacts &c) { return !c.primitives.empty(); }))
    return sink.not_applicable("no code of the driver does a privileged operation");
  const std::string check = hardware_check(surface);
  if (!check.empty())
    return sink.pass("the driver looks at the machine: " + check);
  sink.fail("the driver does privileged operations, is bound to no hardware id, and does not look at the machine "
            "before: it works, and can be abused, on every one",
            {.anchor = "hardware check",
             .location = {.rva = facts.image->entry_point},
             .reach = std::string(facts::name_of(surface.reach))});
}

} // namespace ringfence::rules
