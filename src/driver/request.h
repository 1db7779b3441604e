// A request as the I/O manager hands it to a dispatch routine, with everything that the caller chooses left symbolic.
#pragma once

#include "world.h"

#include <ringfence/witness/witness.h>

namespace ringfence::driver {

/// IRP_MJ_* (wdm.h).
enum MajorFunction : std::uint8_t {
  irp_mj_create = 0,
  irp_mj_close = 2,
  irp_mj_read = 3,
  irp_mj_write = 4,
  irp_mj_device_control = 14,
  irp_mj_internal_device_control = 15,
  irp_mj_cleanup = 18,
  irp_mj_system_control = 23,
  irp_mj_pnp = 27,
  irp_mj_maximum_function = 27,
};

/// In the place of an IRP_MJ_*: a routine that the kernel calls by itself, and a handle that is closed and opened
/// again.
inline constexpr std::uint8_t kernel_call = 0xf1, closed_and_opened = 0xf2;

/// IRP_MN_* of IRP_MJ_PNP (wdm.h).
enum PnpMinorFunction : std::uint8_t {
  irp_mn_start_device = 0x00,
  irp_mn_query_interface = 0x08,
  irp_mn_read_config = 0x0f,
  irp_mn_write_config = 0x10
};

/// Where a routine says how it dealt with a request.
enum class Answer : std::uint8_t {
  completion,       ///< in the request that it completes
  returned_status,  ///< it returns an NTSTATUS
  returned_boolean, ///< it returns FALSE when it does not deal with it, and the status is in an IO_STATUS_BLOCK
  srb_status,       ///< in SrbStatus
  irp_status,       ///< in IoStatus of the request, which it completes in a way that is not seen
};

/// One request of a sequence as the solver needs it.
struct EarlierRequest {
  std::string name; ///< control code or route
  std::uint8_t major = 0;
  std::uint32_t code = 0;
  witness::Inputs inputs;
};

/// The symbolic parts of one request, however it comes to the driver: as an IRP, as a framework's request or message.
struct Request {
  symbolic::State state; ///< at the entry of the routine that gets it
  symbolic::Expr code, input_length, output_length, type3_pointer, user_buffer; ///< Expr(0): it has none
  symbolic::Expr name_length; ///< of IRP_MJ_CREATE: bytes of the name behind the device's name
  symbolic::ObjectId irp, stack_location, system_buffer, mdl_buffer, file_object;
  symbolic::ObjectId name_buffer; ///< of IRP_MJ_CREATE: the name behind the device's name, UTF-16
  std::uint64_t irp_address = 0;
  std::uint32_t device_type = 0x22; ///< of the device that gets it: FILE_DEVICE_UNKNOWN where there is none
  std::uint64_t handle = 0;         ///< what the routine knows the request by: the IRP's address, a framework's handle
  std::string prefix;               ///< in front of a code that is no control code: "srb"
  Answer answer = Answer::completion;
  symbolic::ObjectId status;           ///< the IO_STATUS_BLOCK or SRB that gets the answer
  std::uint32_t header = 0;            ///< bytes in front of the input that its length counts, too
  std::uint8_t major = 0;              ///< IRP_MJ_*, of an IRP; port_message
  std::string device;                  ///< name of the device object that it goes to
  symbolic::ObjectId first_object;     ///< objects before it were there before the request
  std::vector<EarlierRequest> earlier; ///< that were sent before, on the same handle
};

/// What the routine answered on a path that ended: an NTSTATUS, or ~0 when it is not constant. Nothing for
/// Answer::completion.
std::optional<std::uint64_t> answer_of(World &world, const symbolic::State &state, const Request &request);

/// What holds for every request of its kind, whatever the caller chooses: a name has whole characters, and the
/// buffers of a message lie in the caller's memory.
void assume_sendable(World &world, Request &request);

/// The request's input as the transfer method of its code hands it over; nothing: it has no code.
witness::Inputs inputs_of(World &world, const Request &request, std::optional<std::uint32_t> code);
/// The requests up to this one, as a later one sees them; `name` and `code` are its own.
std::vector<EarlierRequest> sequence_of(World &world, const Request &request, std::string_view name,
                                        std::optional<std::uint32_t> code);

/// A request of `major` to the device object at `device`, on top of the memory of `from`.
Request make_request(World &world, const symbolic::State &from, std::uint8_t major, std::uint64_t device,
                     std::uint64_t routine);

} // namespace ringfence::driver
