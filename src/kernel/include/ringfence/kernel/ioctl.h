// Arithmetic of control codes (CTL_CODE): DeviceType << 16 | Access << 14 | Function << 2 | Method.
// Any 32-bit value decodes: the I/O manager takes the method from the low two bits and the access from bits 14
// and 15 of every code, whether or not its author used the macro.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringfence::kernel {

enum class TransferMethod : std::uint8_t { buffered = 0, in_direct = 1, out_direct = 2, neither = 3 };
enum class RequiredAccess : std::uint8_t { any = 0, read = 1, write = 2, read_write = 3 };

struct IoctlCode {
  std::uint16_t device_type; ///< FILE_DEVICE_*; 0x8000 and above are the vendor's
  std::uint16_t function;    ///< 0 to 0xfff; 0x800 and above are the vendor's
  TransferMethod method;
  RequiredAccess access;

  friend constexpr bool operator==(const IoctlCode &, const IoctlCode &) = default;
};

constexpr IoctlCode decode_ioctl(std::uint32_t code) {
  return {static_cast<std::uint16_t>(code >> 16), static_cast<std::uint16_t>(code >> 2 & 0xfff),
          static_cast<TransferMethod>(code & 3), static_cast<RequiredAccess>(code >> 14 & 3)};
}

constexpr std::uint32_t encode_ioctl(const IoctlCode &code) {
  return static_cast<std::uint32_t>(code.device_type) << 16 | static_cast<std::uint32_t>(code.access) << 14 |
         static_cast<std::uint32_t>(code.function & 0xfff) << 2 | static_cast<std::uint32_t>(code.method);
}

/// True when the code looks written with CTL_CODE: a device type that is not zero. Codes outside this
/// shape are as real as the others; nothing may be filtered by it.
constexpr bool has_ctl_code_shape(std::uint32_t code) { return code >> 16 != 0; }

/// "METHOD_BUFFERED".
std::string_view name_of(TransferMethod method);
/// "FILE_ANY_ACCESS", "FILE_READ_ACCESS", "FILE_WRITE_ACCESS", "FILE_READ_ACCESS | FILE_WRITE_ACCESS".
std::string_view name_of(RequiredAccess access);
/// "FILE_DEVICE_UNKNOWN", or empty.
std::string_view name_of_device_type(std::uint32_t type);
/// "IOCTL_DISK_GET_DRIVE_GEOMETRY" for a published code, or empty.
std::string_view name_of_ioctl(std::uint32_t code);
/// "IRP_MJ_DEVICE_CONTROL", or empty.
std::string_view name_of_major_function(std::uint32_t major);
/// "IRP_MN_START_DEVICE", or empty; minor codes mean different things under different majors.
std::string_view name_of_minor_function(std::uint32_t major, std::uint32_t minor);

} // namespace ringfence::kernel
