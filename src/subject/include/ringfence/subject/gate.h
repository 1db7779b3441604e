// What a check of the caller is worth: the class of callers that pass it. A gate is written as the routine that makes
// the check, with the privilege in parentheses where it is known: "SeSinglePrivilegeCheck(SeDebugPrivilege)". Which
// classes hold a privilege by default: "User Rights Assignment" of the Windows security policy documentation.
#pragma once

#include <ringfence/security/reach.h>

#include <optional>
#include <string>
#include <string_view>

namespace ringfence::subject {

struct Gate {
  std::string what;                            ///< "SePrivilegeCheck demands a privilege"
  std::optional<security::ReachClass> at_most; ///< nothing: not resolved, or held by everybody
};

Gate resolve_gate(std::string_view gate);

/// The widest class that holds this privilege ("SeDebugPrivilege") by default; administrators when it is not known.
security::ReachClass holders_of(std::string_view privilege);

} // namespace ringfence::subject
