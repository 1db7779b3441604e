// Requests that a driver sends to the bus driver below it, as far as they hand out configuration space:
// IRP_MN_READ_CONFIG, IRP_MN_WRITE_CONFIG, and IRP_MN_QUERY_INTERFACE for BUS_INTERFACE_STANDARD or
// PCI_BUS_INTERFACE_STANDARD, whose tables then hold routines that a model describes (wdm.h; "IRP_MN_QUERY_INTERFACE"
// and its neighbours in the WDK). The driver below starts the device at once.

#include "primitives.h"
#include "request.h"

#include <ringfence/kernel/layouts.h>

#include <array>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::State;

namespace STACK = kernel::layout::IO_STACK_LOCATION;

namespace {

constexpr std::uint64_t pci_configuration_space = 0;

/// GUID_BUS_INTERFACE_STANDARD {496B8280-6F25-11D0-BEAF-08002BE2092F}, first eight bytes.
constexpr std::uint64_t bus_interface_standard = 0x11d06f25'496b8280u;
/// GUID_PCI_BUS_INTERFACE_STANDARD {496B8281-6F25-11D0-BEAF-08002BE2092F}.
constexpr std::uint64_t pci_bus_interface_standard = 0x11d06f25'496b8281u;

/// A routine in an interface table, by its number among the pointers behind Size and Version.
struct TableEntry {
  std::uint64_t guid;
  unsigned pointer;
  const char *model;
};
constexpr std::array<TableEntry, 4> table_entries = {{
    {bus_interface_standard, 5, "BusInterfaceSetBusData"},
    {bus_interface_standard, 6, "BusInterfaceGetBusData"},
    {pci_bus_interface_standard, 3, "PciBusInterfaceReadConfig"},
    {pci_bus_interface_standard, 4, "PciBusInterfaceWriteConfig"},
}};

} // namespace

std::optional<World::SentRequest> World::sent_pnp_request(State &state, Expr irp) {
  namespace IRP = kernel::layout::IRP;
  const auto word = machine_.word();
  if (!pool().is_constant(irp))
    return std::nullopt;
  const auto current =
      machine_.read(state, pool().value(irp) + IRP::Tail_Overlay_CurrentStackLocation.at(word), machine_.bits() / 8);
  if (!current)
    return std::nullopt;
  SentRequest out{.location = *current - STACK::structure_size.at(word)};
  const auto minor = machine_.read(state, out.location + STACK::MinorFunction.at(word), 1);
  const auto major = machine_.read(state, out.location + STACK::MajorFunction.at(word), 1);
  if (!minor || (major && *major != irp_mj_pnp))
    return std::nullopt;
  out.minor = static_cast<std::uint8_t>(*minor);
  out.starts_device = major && *minor == irp_mn_start_device;
  return out;
}

bool World::answer_pnp_request(State &state, Expr irp, std::uint64_t pc) {
  const auto sent = sent_pnp_request(state, irp);
  if (!sent)
    return false;
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  const auto field = [&](const kernel::PerWord &at, unsigned bytes) {
    return machine_.read(state, sent->location + at.at(word), bytes);
  };
  if (sent->starts_device) {
    const Expr status_at = pool().add(irp, machine_.pointer(kernel::layout::IRP::IoStatus_Status.at(word)));
    executor_.store(state, status_at, pool().constant(0, 32), pc);
    return true;
  }
  if (sent->minor == irp_mn_read_config) {
    constexpr std::uint64_t header = 0x100;
    const auto buffer = field(STACK::Parameters_ReadWriteConfig_Buffer, pointer);
    const auto object = buffer ? machine_.objects().at(*buffer) : std::nullopt;
    const auto length = field(STACK::Parameters_ReadWriteConfig_Length, 4);
    if (!object)
      return false;
    const std::uint64_t offset = *buffer - machine_.objects()[*object].base;
    executor_.forget(state, *object, offset, offset + std::min(length.value_or(header), header),
                     symbolic::label_hardware);
  } else if (sent->minor == irp_mn_query_interface) {
    const auto type = field(STACK::Parameters_QueryInterface_InterfaceType, pointer),
               table = field(STACK::Parameters_QueryInterface_Interface, pointer);
    const auto guid = type ? machine_.read(state, *type, 8) : std::nullopt;
    if (!guid || !table)
      return false;
    for (const TableEntry &entry : table_entries)
      if (entry.guid == *guid)
        executor_.store(
            state, machine_.pointer(*table + 4 + (pointer == 8 ? 4 : 0) + std::uint64_t{entry.pointer} * pointer),
            machine_.pointer(machine_.address_of_import(entry.model, "pci.sys", kernel::find_api(entry.model), true)),
            pc);
  }
  return false;
}

/// Configuration space of the device below, read or written at the caller's offset.
void PrimitiveObserver::add_config_request(World &world, State &state, Expr irp, std::uint64_t pc) {
  const auto sent = world.sent_pnp_request(state, irp);
  if (!sent || (sent->minor != irp_mn_read_config && sent->minor != irp_mn_write_config))
    return;
  auto &pool = world.pool();
  const auto word = world.machine().word();
  const auto field = [&](const kernel::PerWord &at) {
    return world.executor().load(state, world.machine().pointer(sent->location + at.at(word)), 4, 0);
  };
  const Expr space = field(STACK::Parameters_ReadWriteConfig_WhichSpace);
  if (pool.is_constant(space) && !pool.is_constant(space, pci_configuration_space))
    return;
  const Expr offset = field(STACK::Parameters_ReadWriteConfig_Offset);
  const Expr place = pool.zext(pool.extract(offset, 0, 8), 24); // the device is the one below
  const bool write = sent->minor == irp_mn_write_config;
  add_pci(world, state, write, {"Offset", offset}, place, pc);
  if (judge(world, state, state.facts, offset).from_caller)
    return;
  // The device below is the caller's choice when he said which one it has to be.
  if (const Expr device = world.named_by_caller(state); device != Expr(0)) {
    add_pci(world, state, write, {"DeviceObject", device}, device, pc);
    if (!write)
      expect_return(world, state, "pci-config-read", pc, symbolic::label_hardware);
  }
}

} // namespace ringfence::driver
