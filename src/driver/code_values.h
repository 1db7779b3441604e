// Which values of the control code a condition singles out, when the code went through arithmetic first: code - base,
// a rotation, the function number (code >> 2 & 0xfff).
#pragma once

#include <ringfence/symbolic/state.h>

#include <cstdint>
#include <optional>
#include <set>

namespace ringfence::driver {

/// The function number's place in a control code (CTL_CODE).
inline constexpr std::uint32_t function_bits = 0x3ffc;

/// The code that a path has, when its facts or its last comparison leave one. Where only the function number was
/// compared, the other bits are what the facts say, else those of a code of the device's type with FILE_ANY_ACCESS and
/// METHOD_BUFFERED.
std::optional<std::uint32_t> code_of_path(const symbolic::ExprPool &pool, const symbolic::PathFacts &facts,
                                          symbolic::Expr code, std::uint32_t device_type);

/// Values that the code was compared with in the expressions with ids from `first` on, whether a branch depended on it
/// or the result only went into a value.
std::set<std::uint32_t> compared_values(const symbolic::ExprPool &pool, std::size_t first, symbolic::Expr code,
                                        std::uint32_t device_type);

} // namespace ringfence::driver
