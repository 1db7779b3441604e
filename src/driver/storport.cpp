// Storport and SCSI port miniports: requests arrive as SRBs in HwBuildIo and HwStartIo. The control codes of
// IOCTL_SCSI_MINIPORT stand in the SRB_IO_CONTROL at the head of the data buffer, pass-through commands in the CDB;
// IOCTL_MINIPORT_PROCESS_SERVICE_IRP brings the caller's request itself. srb.h, storport.h: HW_INITIALIZATION_DATA.

#include "routes.h"

#include <ringfence/kernel/layouts.h>

namespace ringfence::driver {

using kernel::CallbackRole;
using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectId;
using symbolic::ObjectKind;
using symbolic::State;

namespace {

constexpr std::uint8_t srb_function_execute_scsi = 0x00, srb_function_io_control = 0x02,
                       srb_function_storage_request_block = 0x28;
constexpr std::uint64_t srb_type_storage_request_block = 1; ///< SrbTypeFlags

struct Miniport {
  State memory;                ///< after HwFindAdapter
  std::uint64_t extension = 0; ///< DeviceExtension
  bool extended = false;       ///< takes STORAGE_REQUEST_BLOCKs
};

std::uint64_t address_of(Machine &machine, ObjectId id) { return machine.objects()[id].base; }

/// HwFindAdapter sets the device extension up.
Miniport find_adapter(Routes &routes, std::uint64_t routine) {
  constexpr std::uint64_t extension_size = 0x8000;
  World &world = routes.world;
  Machine &machine = world.machine();
  Miniport miniport{.memory = routes.heap};
  miniport.extension = address_of(machine, machine.new_object("DeviceExtension", extension_size, ObjectKind::kernel,
                                                              Fill::lazy, symbolic::label_persistent));
  if (routine == 0)
    return miniport;
  const auto configuration =
      machine.new_object("PortConfiguration", 0x200, ObjectKind::kernel, Fill::lazy, symbolic::label_hardware);
  const auto again = machine.new_object("Again", 1, ObjectKind::kernel, Fill::zero, 0);
  const Expr none = machine.pointer(0);
  const Expr arguments[] = {
      machine.pointer(miniport.extension),        none, none, none, machine.pointer(address_of(machine, configuration)),
      machine.pointer(address_of(machine, again))};
  std::vector<std::string> gates;
  if (auto found =
          succeeded_path(world, world.call_state(routes.heap, routine, arguments), routes.budget.dispatch / 2, gates))
    miniport.memory = std::move(*found);
  return miniport;
}

/// The SRB's fields that both forms have.
void fill_srb(Machine &machine, State &state, ObjectId srb, bool extended, std::uint8_t function, Expr length,
              std::uint64_t data) {
  namespace PLAIN = kernel::layout::SCSI_REQUEST_BLOCK;
  namespace EXTENDED = kernel::layout::STORAGE_REQUEST_BLOCK;
  const auto word = machine.word();
  const unsigned pointer = machine.bits() / 8;
  machine.store(state, srb, PLAIN::SrbStatus.at(word), 0, 1);
  machine.store(state, srb, PLAIN::Function.at(word), extended ? srb_function_storage_request_block : function, 1);
  if (extended)
    machine.store(state, srb, EXTENDED::SrbFunction.at(word), function, 4);
  machine.store(state, srb, (extended ? EXTENDED::DataTransferLength : PLAIN::DataTransferLength).at(word), length);
  machine.store(state, srb, (extended ? EXTENDED::DataBuffer : PLAIN::DataBuffer).at(word), data, pointer);
}

Request make_srb(Routes &routes, const Miniport &miniport, std::uint64_t routine, std::uint8_t function) {
  constexpr std::uint64_t buffer_size = 0x10000, srb_size = 0x200, srb_extension_size = 0x1000;
  constexpr std::uint32_t io_control_header = 0x1c;
  World &world = routes.world;
  Machine &machine = world.machine();
  auto &pool = world.pool();
  namespace CONTROL = kernel::layout::SRB_IO_CONTROL;
  const auto word = machine.word();
  Request r;
  r.prefix = "srb";
  r.answer = Answer::srb_status;
  r.status =
      machine.new_object("Srb", srb_size, ObjectKind::kernel, Fill::lazy,
                         function == srb_function_execute_scsi ? static_cast<std::uint32_t>(symbolic::label_input)
                                                               : static_cast<std::uint32_t>(symbolic::label_kernel));
  r.system_buffer = machine.new_object("DataBuffer", buffer_size, ObjectKind::input, Fill::lazy, symbolic::label_input);
  const auto srb_extension =
      machine.new_object("SrbExtension", srb_extension_size, ObjectKind::kernel, Fill::lazy, symbolic::label_kernel);
  r.handle = address_of(machine, r.status);
  // The port driver has seen to it that the header of a control request is there: what varies is the data behind it.
  const bool control = function == srb_function_io_control;
  r.input_length = pool.symbol(32, symbolic::label_length, "DataTransferLength");
  r.header = control ? io_control_header : 0;
  const Expr arguments[] = {machine.pointer(miniport.extension), machine.pointer(r.handle)};
  r.state = world.call_state(miniport.memory, routine, arguments);
  fill_srb(machine, r.state, r.status, miniport.extended, function, r.input_length,
           address_of(machine, r.system_buffer));
  if (!miniport.extended) {
    namespace SRB = kernel::layout::SCSI_REQUEST_BLOCK;
    machine.store(r.state, r.status, SRB::SrbExtension.at(word), address_of(machine, srb_extension),
                  machine.bits() / 8);
  }
  if (!control)
    return r;
  r.state.facts.assume(pool, pool.ult(r.input_length, pool.constant(io_control_header, 32)), false);
  r.code = pool.symbol(32, symbolic::label_code, "ControlCode");
  machine.store(r.state, r.system_buffer, CONTROL::HeaderLength.at(word), io_control_header, 4);
  machine.store(r.state, r.system_buffer, CONTROL::ControlCode.at(word), r.code);
  return r;
}

} // namespace

void follow_storport(Routes &routes) {
  constexpr std::string_view entries[] = {"HwStartIo", "HwBuildIo", "HwProcessServiceRequest"};
  const auto handlers = routes.callbacks(CallbackRole::storport_handlers);
  const auto handler = [&](std::string_view name) -> std::uint64_t {
    for (const Event *event : handlers)
      if (event->text2 == name)
        return event->a;
    return 0;
  };
  if (handlers.empty())
    return;
  Miniport miniport = find_adapter(routes, handler("HwFindAdapter"));
  miniport.extended = handlers.front()->c == srb_type_storage_request_block;
  for (const std::string_view name : entries) {
    const std::uint64_t routine = handler(name);
    if (routine == 0)
      continue;
    routes.add_entry_point(name, routine);
    if (name == "HwProcessServiceRequest") {
      Request service = make_request(routes.world, miniport.memory, irp_mj_device_control, miniport.extension, routine);
      service.answer = Answer::irp_status;
      routes.run_route(std::move(service), name);
      continue;
    }
    routes.run(make_srb(routes, miniport, routine, srb_function_io_control));
    routes.run_route(make_srb(routes, miniport, routine, srb_function_execute_scsi), "srb:execute-scsi");
  }
}

} // namespace ringfence::driver
