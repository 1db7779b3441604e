// Names of numbers: statuses, device types, major functions, access rights, pool types and flags, protections,
// MSRs, I/O ports, public control codes; and the registry roots that matter to security.
#pragma once

#include <ringfence/kernel/text_reference.h>
#include <ringfence/kernel/vocabulary.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringfence::kernel {

struct NamedValue {
  std::uint64_t value;
  Text name;
};

/// The name of `value` in the set (the first listed when several share it), or empty.
std::string_view name_of(NameSet set, std::uint64_t value);
std::optional<std::uint64_t> value_of(NameSet set, std::string_view name);
/// Rows of a set, sorted by value.
std::span<const NamedValue> values_of(NameSet set);
/// "A | B | 0x40": names of the single bits of `value`, the rest as a number; the name itself when the whole value has
/// one.
std::string flags_text(NameSet set, std::uint64_t value);

/// A part of the registry whose contents decide what runs or who may do what.
struct RegistryRoot {
  Text path; ///< as kernel code writes it, \Registry\Machine\...
  Text meaning;
};
std::span<const RegistryRoot> registry_roots();
/// The longest root that is `path` or above it, without regard to case; null when there is none.
const RegistryRoot *find_registry_root(std::string_view path);

} // namespace ringfence::kernel
