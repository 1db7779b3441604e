// Why nothing was found: what the paths of one code or route did, where each ended, and why every operation that a
// caller must not steer was reported or was not. Plain data. The ordinary run does not make it.
#pragma once

#include <ringfence/driver/driver.h>

#include <map>
#include <string>
#include <vector>

namespace ringfence::driver {

/// What to explain: a control code, or a route by its name in the report ("IRP_MJ_WRITE", "default", "srb:0x00070001").
struct TraceSubject {
  std::optional<std::uint32_t> code;
  std::string route;
};

/// Paths that ended alike.
struct TracedEnd {
  std::string how; ///< "completed", "sent to another driver", "kept", "returned", "gave up: fuel", ...
  std::optional<std::uint32_t> status; ///< NTSTATUS, where it is one value
  std::optional<Rva> at;               ///< where the request was completed, or the path stopped
  std::vector<PathCheck> after;        ///< the last checks of what the caller sent, of the first such path
  std::size_t paths = 0;
};

/// How an operation came out.
enum class TracedOutcome : std::uint8_t {
  reported,   ///< in the report, open
  confined,   ///< in the report, confined
  not_chosen, ///< its operand is not the caller's
  left_out,   ///< the caller's, and no operation for him all the same
};

struct TracedOperation {
  std::string kind, argument;
  Rva at;
  TracedOutcome outcome = TracedOutcome::not_chosen;
  std::string why;               ///< one sentence
  std::string value;             ///< the operand, as an expression
  std::string admitted;          ///< of a reported one
  std::vector<PathCheck> checks; ///< that look at what the operand is made of
  std::size_t paths = 0;         ///< times met
};

struct TracedCall {
  std::string routine; ///< empty: the target is not known
  Rva at;
};

struct Trace {
  TraceSubject subject;
  bool followed = false;   ///< some request of this kind was run
  bool told_apart = false; ///< the driver tells the code from others; else its paths are those of every unknown code
  std::optional<CodeStatus> status;
  std::vector<std::string> entries; ///< names of the entry points that such requests arrive at, with their addresses
  std::vector<TracedEnd> ends;      ///< the most frequent first
  std::vector<TracedOperation> operations; ///< by place
  std::vector<TracedCall> not_modelled;    ///< by place
  std::vector<Gap> gaps;                   ///< in code that these paths ran through
  std::size_t blocks = 0;                  ///< of code, different ones
};

/// Discovery once more, watching one code or route. `driver` gets what the discovery found.
Trace trace(const image::Image &image, const Budget &budget, const TraceSubject &subject, Driver &driver);

} // namespace ringfence::driver
