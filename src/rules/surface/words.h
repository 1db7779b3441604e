// How the rules on the surface name what they speak of.
#pragma once

#include <ringfence/rules/rule.h>

#include <string>
#include <vector>

namespace ringfence::rules {

/// The device's name, or what stands for it.
std::string name_of(const facts::DeviceFacts &device);

/// Where the device is made.
finding::Location place_of(const facts::DeviceFacts &device);

/// "0x222000, 0x222004 and 7 more": at most eight.
std::string enumeration(const std::vector<std::string> &texts);

/// Whether callers of a code choose the argument of a privileged operation that nothing confines.
bool has_open_primitive(const facts::CodeFacts &code);

/// Severity on machines with memory integrity, and the lower one elsewhere.
finding::Severity with_memory_integrity(const facts::Facts &facts, finding::Severity there);

/// Control codes that are bad by their number: one finding with all of them, worse when a privileged operation stands
/// behind one.
struct CodeQuestion {
  bool (*is_bad)(const facts::CodeFacts &);
  std::string_view anchor;
  std::string_view one, many; ///< after "3 control codes": "hand the caller's pointers to the driver"
  std::string_view good;      ///< of a pass
};
void judge_codes(const facts::Facts &facts, Sink &sink, const CodeQuestion &question);

/// Calls whose constant argument of kind `kind` is bad at every value that its place was seen with: one finding for
/// each routine, with the number of places. `good` says what a pass means; without a call that takes such an argument
/// the rule does not apply.
struct ArgumentQuestion {
  std::vector<std::string_view> kinds;
  bool (*is_bad)(const facts::ArgumentFacts &);
  std::string_view bad;  ///< after "calls X at 3 places": "with an executable pool type"
  std::string_view good; ///< of a pass: "no pool allocation asks for executable memory"
  std::string_view none; ///< "no followed call allocates pool memory"
};
void judge_arguments(const facts::Facts &facts, Sink &sink, const ArgumentQuestion &question,
                     finding::Severity at_most);

} // namespace ringfence::rules
