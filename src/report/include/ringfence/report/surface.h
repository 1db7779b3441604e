// The attack surface of a driver for people: a page for a terminal, and a graph for Graphviz. Both read the `surface`
// object of a subject, so that they say what the JSON report says.
#pragma once

#include <ringfence/report/report.h>

#include <string>

namespace ringfence::report {

/// The page: who can open what, entry points, control codes, callbacks, imports by what they reach. Text from drivers
/// is made printable. A subject without a surface gets the reason.
std::string surface_text(const Subject &subject, const TextOptions &options);

/// A digraph in the DOT language: classes of callers -> links and devices -> control codes -> routines.
std::string surface_dot(const Subject &subject);

} // namespace ringfence::report
