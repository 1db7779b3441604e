// What a path compared before it came to a place, in words and with addresses: for findings and for `--trace`.
#pragma once

#include "world.h"

#include <ringfence/driver/driver.h>

#include <string>
#include <vector>

namespace ringfence::driver {

/// "SystemBuffer[0x0..0x4) < 0x10": a condition that holds, as a reader of C writes it.
std::string condition_text(const symbolic::ExprPool &pool, symbolic::Expr condition);

/// Checks on the way to `trace` that look at what the caller sent: his bytes, lengths, pointers, identity. Oldest
/// first, one for each branch; the control code's own comparisons are left out. With `about`, only those that look at a
/// source of it.
std::vector<PathCheck> checks_on_path(World &world, std::uint32_t trace, symbolic::Expr about = symbolic::Expr(0));

/// The calls of the driver's own routines that the path is in.
std::vector<PathCall> calls_on_path(World &world, const symbolic::State &state);

} // namespace ringfence::driver
