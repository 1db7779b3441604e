// How an observation of the replay is matched with what a finding names: for the proof of a finding and for its
// repetition.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringfence::audit {

/// True when the canary's `width` bytes stand in the value, one after the other.
bool carries(std::uint64_t value, std::uint64_t canary, unsigned width);
/// True for two names of one operand: a port is dx or a routine's parameter, and an open by an object's address is one
/// of the process that the object was found by.
bool is_same_operand(std::string_view observed, std::string_view argument);

} // namespace ringfence::audit
