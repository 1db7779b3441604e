// The check of a frame's security cookie (__security_check_cookie, linked into the driver): one comparison of its
// argument with the cookie variable, and a routine that does not return behind it. What the analysis does not know of a
// frame (a text of unknown length in a local array) says nothing about the driver's frames: the check is taken to hold,
// and its call does nothing. An overflow is for memory safety to report, where it happens.

#include "machine.h"

#include <algorithm>

namespace ringfence::driver {
namespace {

constexpr std::uint64_t default_cookie64 = 0x0000'2b99'2ddf'a232, default_cookie32 = 0xbb40e64e;

} // namespace

/// The variable at `rva` is the cookie: the load configuration names it; images without one keep the compiler's default
/// in it.
bool Machine::is_security_cookie(Rva rva) const {
  if (const auto &config = image_.load_config();
      config && config->security_cookie && config->security_cookie->value == rva.value)
    return true;
  return image_.read_pointer(rva) == (bits() == 32 ? default_cookie32 : default_cookie64);
}

bool Machine::recognise_cookie_check(std::uint64_t address) const {
  const auto rva = rva_of(address);
  // cmp between rcx and [rip+disp32] or ecx and [disp32], either way round, then je or jne, perhaps with a bnd prefix
  const bool wide = bits() == 64;
  const unsigned opcode = wide ? 3 : 2, length = opcode + 4;
  const auto code = rva && architecture_ != ir::Architecture::arm64 ? image_.bytes_at(*rva, length + 2) : std::nullopt;
  if (!code)
    return false;
  const auto byte = [&](unsigned i) { return std::to_integer<unsigned>((*code)[i]); };
  if ((wide && byte(0) != 0x48) || (byte(opcode - 2) != 0x3b && byte(opcode - 2) != 0x39) || byte(opcode - 1) != 0x0d)
    return false;
  const unsigned jump = byte(length) == 0xf2 ? byte(length + 1) : byte(length);
  if (jump != 0x74 && jump != 0x75 && jump != 0x0f)
    return false;
  const std::uint32_t displacement =
      byte(opcode) | byte(opcode + 1) << 8 | byte(opcode + 2) << 16 | byte(opcode + 3) << 24;
  if (wide)
    return is_security_cookie(Rva(rva->value + length + displacement));
  const auto variable = rva_of(displacement);
  return variable && is_security_cookie(*variable);
}

bool Machine::is_cookie_check(std::uint64_t address) {
  const auto known = cookie_checks_.find(address);
  return known != cookie_checks_.end() ? known->second
                                       : cookie_checks_.emplace(address, recognise_cookie_check(address)).first->second;
}

} // namespace ringfence::driver
