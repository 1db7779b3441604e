// What kind of driver an image is, as far as its imports, exports, resources and records tell, and
// whether its code can be read at all. From bytes alone one can say "linked with KMDF 1.15", not
// "uses it": a driver that binds to KMDF and never calls WdfDriverCreate is plain WDM, which only
// the `driver` room sees.
#pragma once

#include <ringfence/base/strong.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::image {

class Image;

enum class Framework : std::uint8_t {
  none, ///< neither a kernel image nor a recognised user-mode driver
  wdm,
  kmdf,
  umdf,
  minifilter,
  ndis,
  storport,
  scsiport,
  ataport,
  ks,
  portcls,
  stream_class,
  wfp_callout,
  display,
  hid,
  usb,
  printer,
  wia,
  elam,
};

/// "WDM", "KMDF", "UMDF", "minifilter", "NDIS", "Storport", ...; "none".
std::string_view name_of(Framework framework);

/// One reason to call the image a driver of this kind.
struct FrameworkEvidence {
  Framework framework = Framework::none;
  std::string what; ///< "imports FltRegisterFilter from FLTMGR.SYS"
};

/// WDF_BIND_INFO, or for UMDF 1 the exported Microsoft_WDF_UMDF_Version.
struct WdfBinding {
  std::string library;       ///< "KmdfLibrary" or "UmdfLibrary"
  std::optional<Rva> record; ///< of WDF_BIND_INFO; nothing for UMDF 1
  std::uint32_t major_version = 0;
  std::uint32_t minor_version = 0;
  std::uint32_t build = 0;
  std::uint32_t function_count = 0;
  std::optional<Rva> function_table; ///< FuncTable: the table itself below KMDF 1.15, a pointer to
                                     ///< it from there on
};

struct FrameworkIdentity {
  Framework primary = Framework::none;     ///< the one that owns the driver's dispatch routines
  std::vector<FrameworkEvidence> evidence; ///< of every kind that was recognised, each kind once, primary first
  std::optional<WdfBinding> wdf;
  bool kernel_mode = false;          ///< native subsystem, or imports from the kernel
  bool linked_with_wdf_only = false; ///< WdfVersionBind is imported, but no bind record was found

  bool is(Framework framework) const;
};

FrameworkIdentity identify_framework(const Image &image);

/// Whether the code that runs is the code that stands in the file.
struct PackingAssessment {
  bool packed = false;              ///< then nothing about the code is to be believed: "not analysable"
  std::vector<std::string> reasons; ///< why; empty when not packed
};

/// Judges entropy of executable sections, the entry point's section, sections that only come into
/// being at run time, section names that protectors leave, and the shape of the imports.
PackingAssessment assess_packing(const Image &image);

} // namespace ringfence::image
