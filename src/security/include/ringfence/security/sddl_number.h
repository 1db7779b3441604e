// The integer literals of conditional expressions: sign, base and a 64-bit value ([MS-DTYP] 2.4.4.17.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringfence::security {

struct LiteralNumber {
  enum class Sign : std::uint8_t { plus = 1, minus = 2, none = 3 };
  enum class Base : std::uint8_t { octal = 1, decimal = 2, hexadecimal = 3 };
  std::uint64_t value = 0; ///< two's complement
  Sign sign = Sign::none;
  Base base = Base::decimal;
};

/// Optional sign, then decimal, octal (leading 0) or hexadecimal (0x). Nothing on overflow or any other text.
std::optional<LiteralNumber> parse_literal_number(std::string_view text);
std::string format(const LiteralNumber &number);

} // namespace ringfence::security
