// printf as the kernel's runtime library knows it, on constant arguments: how drivers make the names of their devices.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ringfence::driver {

/// Where the arguments come from. Texts are one unit a character, whatever their width in memory.
struct FormatArguments {
  bool wide = false;          ///< of the wide functions: %s is wide text there
  unsigned pointer_bytes = 8; ///< bytes of one argument slot
  std::function<std::optional<std::uint64_t>(unsigned slot)> slot;
  /// The text at an address: `unit` bytes a character; behind a counted string, or plain with at most `most`
  /// characters.
  std::function<std::optional<std::u16string>(std::uint64_t address, unsigned unit, bool counted, std::size_t most)>
      text;
};

/// The formatted text; nothing when an argument is not known or a conversion not understood (%n, floating point).
std::optional<std::u16string> format_text(const std::u16string &format, const FormatArguments &arguments);

/// At most so many characters the formatted text has, whatever the arguments are that are not known; nothing when a
/// text without a precision is among these.
std::optional<std::size_t> longest_text(const std::u16string &format, const FormatArguments &arguments);

} // namespace ringfence::driver
