// Names of the numbers in requests: device types, published control codes, major and minor functions. The arithmetic of
// CTL_CODE is the security room's (security/control_code.h), where the rights of a code are compared.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringfence::kernel {

/// "FILE_DEVICE_UNKNOWN", or empty.
std::string_view name_of_device_type(std::uint32_t type);
/// "IOCTL_DISK_GET_DRIVE_GEOMETRY" for a published code, or empty.
std::string_view name_of_ioctl(std::uint32_t code);
/// "IRP_MJ_DEVICE_CONTROL", or empty.
std::string_view name_of_major_function(std::uint32_t major);
/// "IRP_MN_START_DEVICE", or empty; minor codes mean different things under different majors.
std::string_view name_of_minor_function(std::uint32_t major, std::uint32_t minor);

} // namespace ringfence::kernel
