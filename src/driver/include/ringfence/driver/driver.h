// The driver as a caller meets it, recovered from the binary alone: devices, entry points, control codes, callbacks.
// Plain data. What was reachable and not analysed stands in `gaps`; nothing is left out silently.
#pragma once

#include <ringfence/base/strong.h>
#include <ringfence/image/image.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringfence::driver {

struct Device {
  std::string name; ///< "\Device\X"; empty: unnamed
  std::vector<std::string> links;
  std::vector<std::string> interfaces; ///< interface GUIDs
  std::uint32_t type = 0;              ///< FILE_DEVICE_*
  std::uint32_t characteristics = 0;
  bool exclusive = false;
  std::string sddl;         ///< descriptor given in code; empty: none
  std::string sddl_source;  ///< "IoCreateDeviceSecure", "WdfDeviceInitAssignSDDLString", "code", ...; empty: none
  std::string origin;       ///< the routine that made it: "DriverEntry", "AddDevice", ...
  std::string class_guid{}; ///< given with a descriptor; empty: none, or not known
  std::optional<Rva> created_at{};       ///< the call that made it
  bool attached = false;                 ///< sits over another device
  bool takes_lower_flags = false;        ///< copies Flags or Characteristics from the device below
  std::vector<std::string> create_gates; ///< checks of the caller that decide whether an open succeeds
  bool rejects_names = false;            ///< IRP_MJ_CREATE fails when a name follows the device's name
  bool secure_open() const { return (characteristics & 0x100) != 0; }
};

/// A communication port of a minifilter: opened by name like a device, and messages are its requests.
struct FilterPort {
  std::string name;        ///< "\\Port"
  std::string sddl;        ///< its descriptor; empty: none was given, or it is not known
  std::string sddl_source; ///< "FltBuildDefaultSecurityDescriptor", "code", ...; empty: none was given
  std::uint32_t max_connections = 0;
  std::optional<Rva> connect, message;    ///< ConnectNotify, MessageNotify
  std::vector<std::string> connect_gates; ///< checks of the caller in ConnectNotify
};

/// A routine that requests reach.
struct EntryPoint {
  std::string major; ///< "IRP_MJ_DEVICE_CONTROL", "FastIoDeviceControl", "EvtIoDeviceControl", ...
  Rva rva;
};

enum class CodeStatus : std::uint8_t { handled, forwarded, rejected };

/// One request of a sequence, as bytes.
/// In the place of an IRP_MJ_*: a message to a communication port of a minifilter.
inline constexpr std::uint8_t port_message = 0xf0;

struct SentRequest {
  std::uint8_t major = 14; ///< IRP_MJ_*, or port_message
  std::uint32_t code = 0;  ///< of a device control
  std::vector<std::byte> input;
  std::uint32_t output_length = 0;
  friend bool operator==(const SentRequest &, const SentRequest &) = default;
};

/// Requests on one handle, solved from the conditions of one path and not yet replayed, that bring an argument to
/// canary_a; with canary_b in its place the argument follows.
struct SolvedSequence {
  struct UserMemory {
    std::uint64_t address = 0;
    std::vector<std::byte> bytes;
    friend bool operator==(const UserMemory &, const UserMemory &) = default;
  };
  std::string device; ///< name of the device object or the port that they go to
  std::vector<SentRequest> requests;
  std::size_t carrier = 0; ///< the request whose input holds canary_a at `offset`, `width` bytes, little-endian
  std::uint32_t offset = 0, width = 0;
  std::uint64_t canary_a = 0, canary_b = 0;
  bool whole = true;              ///< the argument is the canary; else the canary is a run of the argument's bytes
  std::vector<UserMemory> memory; ///< of the caller, behind pointers in the inputs
  std::string argument;           ///< when another operand of the same operation follows than the finding names
  friend bool operator==(const SolvedSequence &, const SolvedSequence &) = default;
};

/// A comparison of what the caller sent that a path passed.
struct PathCheck {
  std::string text; ///< as it holds on the path: "SystemBuffer[0x0..0x4) < 0x10"
  Rva at;
  friend bool operator==(const PathCheck &, const PathCheck &) = default;
};

/// A call of one of the driver's own routines.
struct PathCall {
  Rva routine, from;
};

/// A privileged operation that a caller of one code can steer.
struct Primitive {
  std::string kind;         ///< a kind of the report's contract, "msr-write"
  std::string argument;     ///< the dangerous operand: "ecx", "dx", "addr", or a parameter's name
  std::string admitted;     ///< values the caller can bring to it: "any", "0x2d", "[0x606,0x641]", joined by " | "
  bool constrained = false; ///< on every path the driver confines the argument
  std::string base;         ///< what `admitted` is added to, when that is not the caller's; empty: nothing
  std::string trap; ///< a check on the way that does not confine the argument, by name: "deny-list"; empty: none
  Rva sink;
  std::vector<SolvedSequence> solved; ///< one for each path that has an answer, a few at most
  /// Codes and routes that must come first, and the own one at the end: "0x8a5f2400"; empty: a single request is
  /// enough.
  std::vector<std::string> sequence;
  std::vector<PathCheck> checks; ///< passed on the first path that reaches it, oldest first
  std::vector<PathCall> calls;   ///< that this path is in
};

/// A device that takes a code, and what it demands.
struct IoctlDevice {
  std::size_t device = 0; ///< index in Driver::devices
  CodeStatus status = CodeStatus::handled;
  std::vector<std::string> gates;
};

/// A field of the request's buffer that tells commands apart.
struct Commands {
  std::uint64_t offset = 0; ///< in the input buffer
  std::uint32_t bytes = 0;
  std::vector<std::uint64_t> values; ///< that the driver compares it with, in order
};

/// One control code, or a route that has none.
struct Ioctl {
  std::uint32_t code = 0; ///< of a route only the access bits count: what the I/O manager demands of the handle
  std::optional<std::size_t> port; ///< index in Driver::ports of the port that it comes through
  std::string route; ///< "IRP_MJ_WRITE", "default", "port:message": stands for the code; empty: `code` is it
  Rva handler;
  std::optional<Rva>
      routine{}; ///< the device's routine, or the queue's, that got it first; nothing: a way in without a device
  CodeStatus status = CodeStatus::handled;
  bool deferred = false; ///< on some path the request is kept, and what completes it was not followed
  std::optional<std::uint64_t> input_min, output_min; ///< smallest lengths on paths that succeed
  std::vector<std::string> gates;                     ///< checks of the caller that decide, on every device
  std::vector<IoctlDevice> devices;                   ///< empty: every device, as far as it is known
  std::optional<Commands> commands;                   ///< behind the code
  std::vector<Primitive> primitives;                  ///< by place
};

struct CallbackRegistration {
  std::string role;
  Rva rva;
  std::string through; ///< the routine that registered it
  std::string name;    ///< in the table that it was registered with: "InstanceSetupCallback"; empty: no table
};

/// A call of an outside routine on a followed path; where its model marks an argument for judgement, with its constant.
struct CallSite {
  std::string routine;
  Rva at;
  std::string kind{}; ///< "pool-type", "page-protection", "system-information", ...; empty: the call itself.
                      ///< Of instructions: "cr0", "cr4" (value: bits known to be cleared), "smi-port", "call-into-data"
  std::optional<std::uint64_t> value{}; ///< nothing: not constant
  bool for_user = false;                ///< of a mapping: for user mode
};

struct UnprotectedLink {
  std::string name;
  Rva at;
};

/// Something reachable that was not analysed.
struct Gap {
  std::string what;
  std::optional<Rva> rva;
};

struct Driver {
  std::string framework; ///< what the driver turned out to be, "" when only the image knows
  std::vector<Device> devices;
  std::vector<FilterPort> ports;
  std::vector<EntryPoint> entry_points;
  std::vector<Ioctl> ioctls; ///< by code
  std::vector<CallbackRegistration> callbacks;
  std::vector<std::string> create_gates; ///< of any device
  std::vector<std::string> opened_names; ///< names of files, sections, devices that the driver opens
  std::vector<std::string> registry_values;
  std::vector<std::string> resolved_names;     ///< routines found by name at run time
  std::vector<std::string> unmodelled_imports; ///< called, and without a model
  std::vector<CallSite> call_sites;            ///< by place
  std::vector<UnprotectedLink> unprotected_links;
  std::vector<Gap> gaps;
  bool entry_succeeded = false;   ///< a path of DriverEntry returns success
  std::uint64_t instructions = 0; ///< analysed, over all paths
};

/// Fuel of a discovery, in instructions; what a code or a route still finds new is followed `patience` times as far.
struct Budget {
  std::uint64_t boot = 300'000;
  std::uint64_t dispatch = 40'000;
  std::uint64_t code = 10'000;
  std::uint64_t patience = 16;
  std::uint64_t all = 700'000;     ///< behind which no code's fuel is granted again
  std::uint64_t total = 6'000'000; ///< of everything: behind it nothing runs
  std::uint64_t sequences =
      40'000; ///< of all routes that run after other requests: half of what single requests took, but not more
  std::uint64_t few_sequences = 10'000; ///< that there are at least
  std::uint64_t sequence = 4'000;       ///< of one such run
  std::size_t codes = 512;
  bool primitives = true;   ///< false: what a caller can steer is not looked for
  unsigned solver_seed = 0; ///< of Z3's search
};
/// For the surface alone: a code shows what it does, and which lengths it wants, long before its last path is followed.
inline constexpr Budget surface_budget{.boot = 300'000,
                                       .dispatch = 40'000,
                                       .code = 4'000,
                                       .patience = 2,
                                       .all = 200'000,
                                       .codes = 512,
                                       .primitives = false};

/// Interprets DriverEntry and what it registers. Never fails: an image of a machine that is not lifted gives a gap.
Driver discover(const image::Image &image, const Budget &budget);

} // namespace ringfence::driver
