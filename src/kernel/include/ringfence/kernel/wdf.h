// The function tables of the driver frameworks. KMDF and UMDF 2 have one list each; in both, an index never
// moves between versions, so the list and the function count of the bind record are enough.
// The names are those of the framework's own headers (MIT-licensed, Microsoft/Windows-Driver-Frameworks).
#pragma once

#include <ringfence/kernel/api.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringfence::kernel {

enum class WdfKind : std::uint8_t { kmdf, umdf };

/// Number of functions in the newest known table.
std::uint32_t wdf_function_count(WdfKind kind);
/// "WdfDeviceCreate", or empty for an index that is not known.
std::string_view wdf_function_name(WdfKind kind, std::uint32_t index);
std::optional<std::uint32_t> wdf_function_index(WdfKind kind, std::string_view name);
/// The model of the function at `index`; null when the index or the model is not known. Argument 0 is the
/// WdfDriverGlobals pointer.
const Api *find_wdf_api(WdfKind kind, std::uint32_t index);

} // namespace ringfence::kernel
