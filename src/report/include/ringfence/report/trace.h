// The page of `ringfence check --trace`: why something was found for one control code, or was not.
#pragma once

#include <ringfence/base/value.h>

#include <string>

namespace ringfence::report {

/// `traced`: {"path", "trace"} as the audit makes it. Text from drivers is made printable.
std::string trace_text(const Value &traced, bool color);

} // namespace ringfence::report
