// Addresses and vectors of the resources are not known: values of the hardware, never the caller's.

#include "device_start.h"

#include <ringfence/kernel/layouts.h>

#include <span>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectId;
using symbolic::ObjectKind;

namespace {

enum ResourceType : std::uint8_t { resource_port = 1, resource_interrupt = 2, resource_memory = 3 };

constexpr ResourceType one_of_each[] = {resource_port, resource_memory, resource_interrupt};
constexpr ResourceType several[] = {resource_memory, resource_port,   resource_memory,
                                    resource_port,   resource_memory, resource_interrupt};

/// A CM_RESOURCE_LIST of one bus.
std::uint64_t make_list(Machine &machine, symbolic::State &state, std::span<const ResourceType> types) {
  namespace DESCRIPTOR = kernel::layout::CM_PARTIAL_RESOURCE_DESCRIPTOR;
  namespace LIST = kernel::layout::CM_RESOURCE_LIST;
  constexpr std::uint64_t pci_bus = 5;
  constexpr std::uint64_t interrupt_latched = 1, memory_read_write = 0, port_io = 1;
  auto &pool = machine.pool();
  const auto word = machine.word();
  const std::uint64_t descriptor_size = DESCRIPTOR::structure_size.at(word),
                      first = LIST::List_PartialResourceList_PartialDescriptors.at(word);
  const ObjectId list = machine.new_object("ResourceList", first + descriptor_size * types.size(), ObjectKind::kernel,
                                           Fill::zero, symbolic::label_hardware);
  const auto put = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
    machine.store(state, list, field.at(word), value, bytes);
  };
  put(LIST::Count, 1, 4);
  put(LIST::List_InterfaceType, pci_bus, 4);
  put(LIST::List_PartialResourceList_Version, 1, 2);
  put(LIST::List_PartialResourceList_Revision, 1, 2);
  put(LIST::List_PartialResourceList_Count, types.size(), 4);
  const auto unknown = [&](unsigned bits, const char *name) {
    return pool.symbol(bits, symbolic::label_hardware, name);
  };
  std::uint64_t at = first;
  for (const ResourceType type : types) {
    const auto set = [&](const kernel::PerWord &field, Expr value) {
      machine.store(state, list, at + field.at(word), value);
    };
    set(DESCRIPTOR::Type, pool.constant(type, 8));
    set(DESCRIPTOR::ShareDisposition, pool.constant(type == resource_interrupt ? 3 : 1, 8));
    set(DESCRIPTOR::Flags, pool.constant(type == resource_port     ? port_io
                                         : type == resource_memory ? memory_read_write
                                                                   : interrupt_latched,
                                         16));
    if (type == resource_interrupt) {
      set(DESCRIPTOR::u_Interrupt_Level, unknown(32, "interrupt level"));
      set(DESCRIPTOR::u_Interrupt_Vector, unknown(32, "interrupt vector"));
      set(DESCRIPTOR::u_Interrupt_Affinity, pool.constant(1, machine.bits()));
    } else {
      const bool port = type == resource_port;
      set(DESCRIPTOR::u_Generic_Start, pool.zext(port ? unknown(16, "port range") : unknown(32, "memory range"), 64));
      set(DESCRIPTOR::u_Generic_Length, unknown(32, "length of a range"));
    }
    at += descriptor_size;
  }
  return machine.objects()[list].base;
}

} // namespace

Request make_start_request(World &world, const symbolic::State &from, std::uint64_t device, std::uint64_t routine,
                           Resources resources) {
  namespace IRP = kernel::layout::IRP;
  namespace STACK = kernel::layout::IO_STACK_LOCATION;
  constexpr std::uint32_t status_not_supported = 0xc00000bb; // with which every such request begins
  constexpr std::uint64_t kernel_mode = 0;
  Machine &machine = world.machine();
  const auto word = machine.word();
  const unsigned pointer = machine.bits() / 8;
  Request r = make_request(world, from, irp_mj_pnp, device, routine);
  machine.store(r.state, r.irp, IRP::RequestorMode.at(word), kernel_mode, 1);
  machine.store(r.state, r.irp, IRP::IoStatus_Status.at(word), status_not_supported, 4);
  const std::uint64_t location =
      machine.read(r.state, r.irp_address + IRP::Tail_Overlay_CurrentStackLocation.at(word), pointer).value_or(0) -
      machine.objects()[r.stack_location].base;
  const auto at = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
    machine.store(r.state, r.stack_location, location + field.at(word), value, bytes);
  };
  at(STACK::MinorFunction, irp_mn_start_device, 1);
  at(STACK::FileObject, 0, pointer);
  const auto list = [&]() -> std::uint64_t {
    switch (resources) {
    case Resources::one_of_each:
      return make_list(machine, r.state, one_of_each);
    case Resources::several:
      return make_list(machine, r.state, several);
    case Resources::none:
      break;
    }
    return 0;
  };
  const std::uint64_t raw = list();
  at(STACK::Parameters_StartDevice_AllocatedResources, raw, pointer);
  at(STACK::Parameters_StartDevice_AllocatedResourcesTranslated, raw == 0 ? 0 : list(), pointer);
  return r;
}

} // namespace ringfence::driver
