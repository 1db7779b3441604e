// The rules on privileged operations ask one question of different operations: which code lets whom choose the
// dangerous argument. They share who is named, how severe that is, and how it is worded.
#pragma once

#include <ringfence/rules/rule.h>

#include <span>
#include <string_view>

namespace ringfence::rules {

/// What an operation gives to the one who steers it.
enum class Power : std::uint8_t {
  limited, ///< information or resources
  strong,  ///< another process, a device, a file: a step to the whole machine
  full,    ///< the kernel itself
};

/// One kind of privileged operation.
struct PrivilegedKind {
  std::string_view kind; ///< of the report: "msr-read"
  std::string_view does; ///< after "can": "read the model-specific register of its choice"
  Power power;
  std::string_view check{}; ///< to add before the operation; "{}" stands for the argument; empty: the family's remedy
};

struct PrivilegedFamily {
  std::span<const PrivilegedKind> kinds;
  std::string_view subject; ///< of a pass: "no code lets its caller choose " + subject
  std::string_view remedy;  ///< the check to add, a sentence without a period
  std::string_view
      nothing{}; ///< of a defect of memory safety: the whole pass; what a caller needs no choice of an argument for
};

/// The power in words: what the operation gives to a caller.
std::string_view name_of(Power power);

/// Severity by what the operation gives and who gets it; nothing when nobody does.
std::optional<finding::Severity> severity_of(Power power, facts::Reach reach);

/// One `fail` for each code and kind that is not confined and that somebody reaches; else a pass that says what is
/// confined.
void judge_family(const facts::SurfaceFacts &surface, Sink &sink, const PrivilegedFamily &family);

} // namespace ringfence::rules
