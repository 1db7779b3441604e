#include "start_events.h"

#include "wdf.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::driver {

using symbolic::State;

std::optional<std::size_t> StartEvents::index_of(std::uint64_t object) const {
  for (const auto &[address, index] : device_objects_)
    if (address == object)
      return index;
  return std::nullopt;
}

Device *StartEvents::device_at(std::uint64_t object) {
  const auto index = index_of(object);
  return index ? &driver_.devices[*index] : nullptr;
}

void StartEvents::add_event(const Event &event, const char *origin) {
  const auto add_unique = [](std::vector<std::string> &list, const std::string &text) {
    if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end())
      list.push_back(text);
  };
  switch (event.kind) {
  case EventKind::device_created: {
    Device device{.name = event.text,
                  .type = static_cast<std::uint32_t>(event.a),
                  .characteristics = static_cast<std::uint32_t>(event.b),
                  .exclusive = event.c != 0,
                  .sddl = event.text2,
                  .sddl_source = event.text2.empty()   ? ""
                                 : event.text3.empty() ? std::string(event.through)
                                                       : event.text3,
                  .origin = origin,
                  .created_at = machine_.rva_of(event.pc)};
    if (!event.text3.empty() && !device.origin.starts_with("Evt"))
      device.origin = "WdfDeviceCreate";
    const auto same = std::find_if(driver_.devices.begin(), driver_.devices.end(), [&](const Device &d) {
      return d.name == device.name && (!d.name.empty() || d.type == device.type) &&
             (d.sddl == device.sddl || d.sddl_source == "code") && d.characteristics == device.characteristics;
    });
    const auto index = static_cast<std::size_t>(same - driver_.devices.begin());
    if (same == driver_.devices.end())
      driver_.devices.push_back(std::move(device));
    device_objects_.emplace_back(event.object, index);
    return;
  }
  case EventKind::link_created: {
    if (const auto at = machine_.rva_of(event.pc); event.c != 0 && at)
      driver_.unprotected_links.push_back({event.text, *at});
    for (Device &device : driver_.devices)
      if (!event.text2.empty() && ascii_iequals(device.name, event.text2))
        return add_unique(device.links, event.text);
    if (!driver_.devices.empty())
      add_unique(driver_.devices.back().links, event.text);
    return;
  }
  case EventKind::interface_created:
    if (Device *device = device_at(event.object))
      add_unique(device->interfaces, event.text);
    else if (!driver_.devices.empty())
      add_unique(driver_.devices.back().interfaces, event.text);
    return;
  case EventKind::descriptor_set: {
    Device *device = device_at(event.object);
    for (Device &named : driver_.devices)
      if (!device && !event.text.empty() && ascii_iequals(named.name, event.text))
        device = &named;
    if (device) {
      device->sddl = event.text2;
      device->sddl_source = "code";
    }
    return;
  }
  case EventKind::callback: {
    const auto rva = machine_.rva_of(event.a);
    if (event.a != 0 && rva && std::none_of(driver_.callbacks.begin(), driver_.callbacks.end(), [&](const auto &c) {
          return c.rva == *rva && c.name == event.text2;
        }))
      driver_.callbacks.push_back({std::string(kernel::word_of(event.role)), *rva, event.text, event.text2});
    return;
  }
  case EventKind::framework_object: // a device is known by its handle, too
    if (event.a == static_cast<std::uint64_t>(WdfType::device) && !device_objects_.empty() && device_at(event.b))
      device_objects_.emplace_back(event.object, static_cast<std::size_t>(device_at(event.b) - driver_.devices.data()));
    return;
  case EventKind::note:
    if (Device *device = event.text == "class GUID" ? device_at(event.object) : nullptr)
      device->class_guid = event.text2;
    return;
  case EventKind::opened:
    return add_unique(driver_.opened_names, event.text);
  case EventKind::registry:
    return add_unique(driver_.registry_values, event.text);
  default:
    return;
  }
}

void StartEvents::collect(const State &state, const char *origin) {
  for (const Event *event : world_.log_of(state))
    if (seen_.insert(event).second)
      add_event(*event, origin);
}

} // namespace ringfence::driver
