// Replay: the proof of a finding. A fresh machine in our own interpreter loads the image, runs DriverEntry (and
// AddDevice), opens the device and sends requests; outside routines do what their models say, with numbers. The
// privileged operations that the driver then does are seen with the values that reached them. Nothing here knows how
// the requests were found, and nothing is generated that would run on Windows.
#pragma once

#include <ringfence/base/strong.h>
#include <ringfence/image/image.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::replay {

struct UserMemory {
  std::uint64_t address = 0;
  std::vector<std::byte> bytes;
};
/// In the place of an IRP_MJ_*: a message to a communication port of a minifilter.
inline constexpr std::uint8_t port_message = 0xf0;

/// One request on the handle that the create request opened. An IRP_MJ_CREATE opens a handle, which the requests behind
/// it come on; an IRP_MJ_CLEANUP or IRP_MJ_CLOSE closes it.
struct Request {
  std::uint8_t major = 14;      ///< IRP_MJ_*, or port_message
  std::uint32_t code = 0;       ///< of a device control
  std::vector<std::byte> input; ///< of an IRP_MJ_CREATE: the name behind the device's name, UTF-16
  std::uint32_t output_length = 0;
  std::vector<UserMemory> memory; ///< of the caller, at addresses that the input names
  bool wow64 = false;             ///< the caller is a 32-bit process on 64-bit Windows
};

/// A privileged operation with the value that reached it.
struct Observation {
  std::uint64_t place = 0; ///< virtual address of the instruction: the operation, or the call of the routine
  std::string argument;    ///< "ecx", "dx", "addr", a parameter's name
  std::uint64_t value = 0;
  std::string_view operation; ///< "rdmsr", "out", "read", "write", or the routine's name
  std::string_view sink = {}; ///< what the routine's model says of the argument: "process-open"; empty for instructions
  bool own_process = false;   ///< in the address space of the caller's own process, named as such
  bool named = false;         ///< the value is not the argument, but the handle or number that the object was found by
};

struct Run {
  bool finished = false; ///< every request returned to the I/O manager
  bool reached = false;  ///< not finished: it ended with the observation that was looked for
  bool refused =
      false;       ///< the driver turned a request down: the device does not open, an address of the caller's is none
  std::string why; ///< when not finished: what stopped it
  std::vector<Observation> observations;
  std::vector<std::string> assumed; ///< outside routines without a model that were taken to succeed
  bool asked_wow64 = false;         ///< the driver asked whether the caller is a 32-bit process
  std::uint64_t instructions = 0;
};

/// True for an observation with which a run may end: what happens after it is of no interest.
using Goal = std::function<bool(const Observation &)>;

/// Fuel, in operations of the intermediate representation.
struct Budget {
  std::uint64_t boot = 8'000'000;
  std::uint64_t request = 1'000'000;
};

/// One driver. The boot happens once; every run starts from a copy of the machine after it. For one thread.
class Replay {
public:
  Replay(const image::Image &image, const Budget &budget);
  Replay(Replay &&) noexcept;
  ~Replay();

  /// Runs DriverEntry when that has not happened yet. False: why() says what stopped it.
  bool boot();
  std::string why() const;
  /// Opens the named device or connects to the named port ("\Device\X"; the first device when there is none of that
  /// name) unless the first request does, sends the requests in order, then cleanup and close of what is still open.
  Run run(std::string_view device, std::span<const Request> requests, const Goal &goal = {});

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace ringfence::replay
