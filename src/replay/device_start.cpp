#include "device_start.h"

#include <ringfence/kernel/layouts.h>

namespace ringfence::replay {
namespace {

namespace layout = kernel::layout;

enum ResourceType : std::uint8_t { resource_port = 1, resource_interrupt = 2, resource_memory = 3 };
constexpr std::uint8_t irp_mj_pnp = 27;

constexpr ResourceType one_of_each[] = {resource_port, resource_memory, resource_interrupt};
constexpr ResourceType several[] = {resource_memory, resource_port,   resource_memory,
                                    resource_port,   resource_memory, resource_interrupt};

/// A CM_RESOURCE_LIST of one bus; 0 for no resources.
std::uint64_t make_list(Machine &machine, std::span<const ResourceType> types) {
  namespace DESCRIPTOR = layout::CM_PARTIAL_RESOURCE_DESCRIPTOR;
  namespace LIST = layout::CM_RESOURCE_LIST;
  constexpr std::uint64_t first_port = 0xd000, first_memory = 0xfeb00000, port_step = 0x100, memory_step = 0x10000,
                          vector = 0x65, pci_bus = 5;
  const auto word = machine.word();
  if (types.empty())
    return 0;
  const std::uint64_t size = DESCRIPTOR::structure_size.at(word),
                      first = LIST::List_PartialResourceList_PartialDescriptors.at(word);
  const std::uint64_t list = machine.allocate(first + size * types.size(), RegionKind::kernel);
  machine.save(list + LIST::Count.at(word), 1, 4);
  machine.save(list + LIST::List_InterfaceType.at(word), pci_bus, 4);
  machine.save(list + LIST::List_PartialResourceList_Version.at(word), 1, 2);
  machine.save(list + LIST::List_PartialResourceList_Revision.at(word), 1, 2);
  machine.save(list + LIST::List_PartialResourceList_Count.at(word), types.size(), 4);
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::uint64_t at = list + first + size * i;
    const auto set = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
      machine.save(at + field.at(word), value, bytes);
    };
    set(DESCRIPTOR::Type, types[i], 1);
    if (types[i] == resource_interrupt) {
      set(DESCRIPTOR::u_Interrupt_Level, 5, 4);
      set(DESCRIPTOR::u_Interrupt_Vector, vector, 4);
      set(DESCRIPTOR::u_Interrupt_Affinity, 1, machine.pointer());
      continue;
    }
    const bool port = types[i] == resource_port;
    set(DESCRIPTOR::Flags, port ? 1 : 0, 2);
    set(DESCRIPTOR::u_Generic_Start, (port ? first_port : first_memory) + i * (port ? port_step : memory_step), 8);
    set(DESCRIPTOR::u_Generic_Length, port ? port_step : memory_step, 4);
  }
  return list;
}

/// IoStatus says success from the beginning: so will the drivers below.
bool start_with(Machine &machine, std::uint64_t routine, std::span<const ResourceType> types) {
  namespace IRP = layout::IRP;
  namespace STACK = layout::IO_STACK_LOCATION;
  const auto word = machine.word();
  const std::uint64_t irp_size = IRP::structure_size.at(word), location_size = STACK::structure_size.at(word);
  const std::uint64_t irp = machine.allocate(irp_size + location_size * 2, RegionKind::kernel),
                      location = irp + irp_size + location_size;
  machine.save(irp + IRP::Type.at(word), 6, 2);
  machine.save(irp + IRP::StackCount.at(word), 2, 1);
  machine.save(irp + IRP::CurrentLocation.at(word), 2, 1);
  machine.save(irp + IRP::Tail_Overlay_CurrentStackLocation.at(word), location, machine.pointer());
  machine.save(location + STACK::MajorFunction.at(word), irp_mj_pnp, 1);
  machine.save(location + STACK::DeviceObject.at(word), machine.store.attached, machine.pointer());
  machine.save(location + STACK::Parameters_StartDevice_AllocatedResources.at(word), make_list(machine, types),
               machine.pointer());
  machine.save(location + STACK::Parameters_StartDevice_AllocatedResourcesTranslated.at(word),
               make_list(machine, types), machine.pointer());
  const std::uint64_t arguments[] = {machine.store.attached, irp};
  const CallEnd end = machine.call(routine, arguments);
  return end.returned && (end.value & 0x80000000u) == 0;
}

} // namespace

bool start_device(Machine &machine) {
  const std::uint64_t slot = machine.store.driver_object + layout::DRIVER_OBJECT::MajorFunction.at(machine.word()) +
                             std::uint64_t{machine.pointer()} * irp_mj_pnp;
  const std::uint64_t routine = machine.memory().number(slot, machine.pointer()).value_or(0);
  if (machine.store.attached == 0 || routine == 0 || !machine.is_code(routine))
    return true;
  const Store before = machine.store;
  for (const std::span<const ResourceType> types :
       {std::span<const ResourceType>(one_of_each), std::span<const ResourceType>(several),
        std::span<const ResourceType>()}) {
    if (start_with(machine, routine, types))
      return true;
    machine.store = before;
  }
  return false;
}

} // namespace ringfence::replay
