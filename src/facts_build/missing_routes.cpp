#include "missing_routes.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

namespace ringfence::facts_build {
namespace {

using driver::Driver;
using driver::EntryPoint;

/// A routine by which a driver hands its entry points to Windows, and what discovery shows when it followed them: a
/// routine reported under one of `entries` (beginning of its name), or, where requests of users do not arrive there, a
/// callback of a role.
struct Registration {
  std::string_view import; ///< exact name, or a prefix when it ends in '*'
  std::string_view what;
  std::array<std::string_view, 4> entries{};
  std::array<std::string_view, 2> roles{};
};

constexpr Registration registrations[] = {
    {"WdfVersionBind*", "framework queues and callbacks", {"Evt"}, {}},
    {"FltRegisterFilter",
     "minifilter operations",
     {"Filter", "PreOperation", "PostOperation"},
     {"filter-operation", "filter-post-operation"}},
    {"FltCreateCommunicationPort",
     "messages to a filter port",
     {"FilterMessage", "MessageNotify", "FilterConnect", "ConnectNotify"},
     {}},
    {"NdisMRegisterMiniport*", "NDIS requests (OIDs)", {"Oid", "Direct", "QueryInformation", "SetInformation"}, {}},
    {"NdisIMRegisterLayeredMiniport", "NDIS requests (OIDs)", {"QueryInformation", "SetInformation"}, {}},
    {"NdisFRegisterFilterDriver", "NDIS requests (OIDs)", {"Oid", "Ndis", "Filter"}, {}},
    {"NdisRegisterProtocol*", "NDIS protocol handlers", {"Ndis", "Protocol"}, {"ndis-handlers"}},
    {"NdisRegisterDeviceEx", "requests to an NDIS control device", {"IRP_MJ_", "NdisDevice"}, {}},
    {"NdisMRegisterDevice", "requests to an NDIS control device", {"IRP_MJ_", "NdisDevice"}, {}},
    {"StorPortInitialize", "requests of a Storport miniport", {"Hw", "Srb"}, {}},
    {"ScsiPortInitialize", "requests of a SCSI port miniport", {"Hw", "Srb"}, {}},
    {"AtaPortInitialize*", "requests of an ATA port miniport", {"Hw", "Irb"}, {}},
    {"VideoPortInitialize", "requests of a video miniport", {"Hw", "Vrp"}, {}},
    {"StreamClassRegister*", "requests of a stream class minidriver", {"Hw", "Srb"}, {}},
    {"KsInitializeDriver", "kernel streaming properties, methods and events", {"Ks"}, {}},
    {"KsCreateFilterFactory", "kernel streaming properties, methods and events", {"Ks"}, {}},
    {"PcAddAdapterDevice", "audio port properties", {"Pc", "Ks"}, {}},
    {"HidRegisterMinidriver", "requests of a HID minidriver", {"IRP_MJ_INTERNAL_DEVICE_CONTROL", "Hid"}, {}},
    {"WmiSystemControl", "WMI blocks and methods", {"Wmi"}, {}},
    {"FwpsCalloutRegister*", "network packets of a callout", {"Wfp", "Callout"}, {"wfp-callout"}},
};

bool matches(std::string_view name, std::string_view pattern) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
}

template <class Matches> bool has_entry(const Driver &driver, Matches &&matches) {
  return std::any_of(driver.entry_points.begin(), driver.entry_points.end(), matches);
}

bool has_named(const Driver &driver, std::string_view major) {
  return has_entry(driver, [major](const EntryPoint &e) { return e.major == major; });
}

bool is_followed(const Driver &driver, const Registration &registration) {
  for (const std::string_view beginning : registration.entries)
    if (!beginning.empty() && has_entry(driver, [beginning](const EntryPoint &e) {
          return std::string_view(e.major).starts_with(beginning);
        }))
      return true;
  for (const std::string_view role : registration.roles)
    if (!role.empty() &&
        std::any_of(driver.callbacks.begin(), driver.callbacks.end(), [role](const auto &c) { return c.role == role; }))
      return true;
  return false;
}

/// Linked with the framework, but the driver fills the driver object itself: it never binds to it.
bool is_plain_wdm(const Driver &driver) {
  return has_named(driver, "IRP_MJ_DEVICE_CONTROL") || has_named(driver, "IRP_MJ_CREATE");
}

void add_registrations(const facts::ImageFacts &image, const Driver &driver, std::vector<facts::MissingRoute> &out) {
  if (!image.imports.present())
    return;
  for (const Registration &registration : registrations) {
    const auto import = std::find_if(image.imports->begin(), image.imports->end(),
                                     [&](const facts::ImportFacts &i) { return matches(i.name, registration.import); });
    if (import == image.imports->end() || is_followed(driver, registration) ||
        (registration.import.starts_with("Wdf") && is_plain_wdm(driver)))
      continue;
    out.push_back(
        {std::string(registration.what),
         "the driver imports " + printable(import->name) + ", but no routine that it registers with it was followed",
         import->iat});
  }
}

bool spent(const driver::Gap &gap) {
  return gap.what.find("fuel") != std::string::npos || gap.what.find("too many paths") != std::string::npos ||
         gap.what.find("given up") != std::string::npos;
}

bool is_route(const driver::Ioctl &ioctl) { return !ioctl.route.empty(); }

/// A driver that completes requests gets some from somewhere.
void add_unknown_source(const facts::ImageFacts &image, const Driver &driver, std::vector<facts::MissingRoute> &out) {
  if (!image.imports.present() || !driver.callbacks.empty() ||
      has_entry(driver, [](const EntryPoint &e) { return e.major != "DriverUnload"; }))
    return;
  const auto import = std::find_if(image.imports->begin(), image.imports->end(), [](const facts::ImportFacts &i) {
    return i.name == "IofCompleteRequest" || i.name == "IoCompleteRequest";
  });
  if (import != image.imports->end())
    out.push_back({"dispatch routines",
                   "the driver imports " + import->name + ", but no routine that gets requests was found",
                   import->iat});
}

void add_dispatch(const Driver &driver, std::vector<facts::MissingRoute> &out) {
  if (!driver.entry_succeeded)
    out.push_back({"DriverEntry",
                   "no path that returns success was followed: what it would set up is missing from the surface",
                   {}});
  const auto named = std::find_if(driver.devices.begin(), driver.devices.end(),
                                  [](const driver::Device &d) { return !d.name.empty(); });
  const bool dispatches = has_entry(
      driver, [](const EntryPoint &e) { return e.major.starts_with("IRP_MJ_") || e.major.starts_with("Evt"); });
  if (named != driver.devices.end() && !dispatches)
    out.push_back({"dispatch routines",
                   "the driver makes the device " + printable(named->name) +
                       ", but no routine that serves its requests was found",
                   {}});
  const auto control = std::find_if(driver.entry_points.begin(), driver.entry_points.end(),
                                    [](const EntryPoint &e) { return e.major == "IRP_MJ_DEVICE_CONTROL"; });
  const auto gap = std::find_if(driver.gaps.begin(), driver.gaps.end(), spent);
  if (control != driver.entry_points.end() && std::all_of(driver.ioctls.begin(), driver.ioctls.end(), is_route) &&
      gap != driver.gaps.end())
    out.push_back(
        {"control codes",
         "IRP_MJ_DEVICE_CONTROL has a routine, but no code was found before the analysis ended (" + gap->what + ")",
         control->rva});
}

} // namespace

std::vector<facts::MissingRoute> missing_routes(const facts::ImageFacts &image, const Driver &driver) {
  std::vector<facts::MissingRoute> out;
  add_registrations(image, driver, out);
  add_unknown_source(image, driver, out);
  add_dispatch(driver, out);
  const auto key = [](const facts::MissingRoute &m) { return std::tie(m.what, m.why, m.rva); };
  std::sort(out.begin(), out.end(), [&](const auto &a, const auto &b) { return key(a) < key(b); });
  out.erase(std::unique(out.begin(), out.end(), [](const auto &a, const auto &b) { return a.what == b.what; }),
            out.end());
  return out;
}

} // namespace ringfence::facts_build
