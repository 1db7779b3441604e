// From a name to a handle to a control code: what the object manager and the I/O manager decide before a driver runs.
//   name -> symbolic link -> directory traverse -> device object -> descriptor (or not) -> rights in the handle ->
//   RequiredAccess
// The file checks nothing itself: it asks access_check, in the order and with the masks that IopParseDevice uses.
#pragma once

#include <ringfence/security/access_check.h>
#include <ringfence/security/control_code.h>
#include <ringfence/security/device.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

enum class OpenRoute : std::uint8_t {
  direct,        ///< \\.\X or \Device\X
  trailing_name, ///< \\.\X\anything, also a lone backslash
  relative,      ///< a name relative to a handle of the device
};
std::string_view name_of(OpenRoute route);
std::optional<OpenRoute> open_route_from_name(std::string_view name);

/// What the driver does with a name behind its device's name in IRP_MJ_CREATE.
enum class NamePolicy : std::uint8_t { unknown, accepts, rejects };

enum class OpenInterface : std::uint8_t {
  nt_create_file, ///< asks exactly for what it wants
  create_file,    ///< Win32: adds SYNCHRONIZE and FILE_READ_ATTRIBUTES
};

struct DeviceObject {
  std::string name;
  std::uint32_t device_type = 0x22;
  std::uint32_t characteristics = 0;            ///< of the whole stack: see stack_characteristics
  std::optional<SecurityDescriptor> descriptor; ///< of the named object; absent: no DACL at all
  bool named = true;                            ///< without a name there is no route
  bool exclusive = false;                       ///< limits the number of handles, not who has them
  NamePolicy names = NamePolicy::unknown;
};

struct OpenRequest {
  OpenRoute route = OpenRoute::direct;
  OpenInterface through = OpenInterface::nt_create_file;
  AccessMask desired = access::maximum_allowed;
  RequestorMode mode = RequestorMode::user; ///< requests that the server service passes on arrive as KernelMode
  bool force_access_check = false;          ///< IO_FORCE_ACCESS_CHECK
};

enum class Answer : std::uint8_t { no, driver_decides, yes };
std::string_view name_of(Answer answer);

struct OpenStep {
  std::string what; ///< "traverse \\Device", "descriptor of the device", ...
  bool passed = false;
  std::string why;
};

struct OpenResult {
  Answer answer = Answer::no;
  AccessMask granted = 0; ///< what the handle holds when the open succeeds
  bool checked = false;   ///< the device's descriptor was compared with the desired access
  std::vector<OpenStep> steps;
};
OpenResult open_device(const DeviceObject &device, const Token &token, const OpenRequest &request,
                       const SidContext &context = {});

/// The I/O manager's view of a request on an open handle.
enum class RequestKind : std::uint8_t { device_control, file_system_control, internal_device_control };
/// `no` when RequiredAccess is not in the handle (STATUS_ACCESS_DENIED) or the request cannot come from user mode;
/// otherwise yes: the driver runs.
Answer send_control(AccessMask granted, ControlCode code, RequestKind kind, RequestorMode mode);

/// Can this caller get this code to the driver by this route? Tries the rights the code needs, through either
/// interface.
struct ReachabilityResult {
  Answer answer = Answer::no;
  AccessMask granted = 0;           ///< the most a handle can hold by this route
  bool through_create_file = false; ///< CreateFile suffices; otherwise only NtCreateFile opens it
  std::string why;                  ///< the step or the entry that decided
};
ReachabilityResult can_send(const DeviceObject &device, const Token &token, OpenRoute route,
                            std::optional<ControlCode> code, const SidContext &context = {});

} // namespace ringfence::security
