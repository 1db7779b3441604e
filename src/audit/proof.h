// The proof of a primitive: solved requests are replayed twice, from DriverEntry on, with two canaries in one input;
// the argument must follow. What cannot be replayed keeps its lower evidence and says why.
#pragma once

#include <ringfence/base/value.h>
#include <ringfence/driver/driver.h>
#include <ringfence/replay/replay.h>

#include <map>
#include <optional>
#include <string>

namespace ringfence::audit {

/// What requests to a communication port are called in a witness, where others have the name of an IRP_MJ_*.
inline constexpr std::string_view connection_to_port = "port:connect", message_to_port = "port:message";

struct Proof {
  std::string_view evidence = "L1"; ///< contract: L1 a path, L2 a solved request, L3 replayed
  std::string why;                  ///< why it is not L3; empty for L3
  std::optional<Value> witness;     ///< of L3
};

/// Proves primitives of one driver; the boot is done once, at the first of them.
class Prover {
public:
  explicit Prover(const image::Image &image) : image_(image) {}
  Proof prove(const driver::Primitive &primitive);

private:
  /// One way of sending solved requests.
  struct Sending {
    const driver::SolvedSequence &solved;
    bool wow64 = false;  ///< from a 32-bit process
    bool second = false; ///< with canary_b
  };
  /// Empty when both runs bring their canary to the sink; else what was missing.
  std::string confirm(const driver::Primitive &primitive, Sending sending);
  bool reaches(const driver::Primitive &primitive, const Sending &sending, std::string &why);
  const replay::Run &run(const Sending &sending, const replay::Goal &goal);

  const image::Image &image_;
  std::optional<replay::Replay> replay_;
  /// Runs of sequences that reach more than one primitive, by their content; the last one where they ended at a goal.
  std::map<std::string, replay::Run> runs_;
  std::uint64_t instructions_ = 0; ///< of all runs
  std::string argument_;           ///< by which name the replay saw the argument last
};

} // namespace ringfence::audit
