// CTL_CODE arithmetic and public names. A control code is device type (16 bits), required access (2), function (12),
// transfer method (2), from the top ("Defining I/O Control Codes").
#pragma once

#include <ringfence/security/access_mask.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringfence::security {

enum class TransferMethod : std::uint8_t { buffered, in_direct, out_direct, neither };
/// "METHOD_BUFFERED".
std::string_view name_of(TransferMethod method);

struct ControlCode {
  std::uint32_t value = 0;

  constexpr std::uint16_t device_type() const { return static_cast<std::uint16_t>(value >> 16); }
  /// FILE_READ_DATA | FILE_WRITE_DATA as the I/O manager compares them with the handle; 0 is FILE_ANY_ACCESS.
  constexpr AccessMask required_access() const { return value >> 14 & 3; }
  constexpr std::uint16_t function() const { return static_cast<std::uint16_t>(value >> 2 & 0xfff); }
  constexpr TransferMethod method() const { return static_cast<TransferMethod>(value & 3); }
  /// A type of 0x8000 and more is the vendor's; below, Microsoft's.
  constexpr bool vendor_type() const { return device_type() >= 0x8000; }
  /// A function of 0x800 and more is the vendor's.
  constexpr bool vendor_function() const { return function() >= 0x800; }
  friend constexpr bool operator==(ControlCode, ControlCode) = default;
};

constexpr ControlCode control_code(std::uint32_t type, std::uint32_t function, TransferMethod method,
                                   std::uint32_t access) {
  return {(type & 0xffff) << 16 | (access & 3) << 14 | (function & 0xfff) << 2 | static_cast<std::uint32_t>(method)};
}

/// "FILE_ANY_ACCESS", "FILE_READ_DATA", "FILE_WRITE_DATA", "FILE_READ_DATA | FILE_WRITE_DATA".
std::string_view required_access_name(AccessMask required);

struct NamedNumber {
  std::uint32_t value;
  std::string_view name;
};
/// FILE_DEVICE_* by value.
std::span<const NamedNumber> device_types();
/// "FILE_DEVICE_DISK", or an empty view.
std::string_view device_type_name(std::uint32_t type);
/// A number, or FILE_DEVICE_X or X in any case.
std::optional<std::uint32_t> device_type_from_text(std::string_view text);

/// Public control codes (IOCTL_*, FSCTL_*) by value.
std::span<const NamedNumber> public_control_codes();
std::string_view control_code_name(ControlCode code);
/// A number, a public name, or CTL_CODE(type, function, method, access).
std::optional<ControlCode> control_code_from_text(std::string_view text);

/// IoValidateDeviceIoControlAccess for an IRP_MJ_DEVICE_CONTROL: the driver's own, later test of the rights in the
/// handle.
bool validate_control_access(AccessMask granted, AccessMask required, bool kernel_requestor);
/// What the I/O manager tests before it calls the driver.
bool handle_admits(AccessMask granted, ControlCode code, bool kernel_requestor);

} // namespace ringfence::security
