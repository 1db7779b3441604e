// Device class GUID of somebody else: see docs/rules/surface/system-class-guid.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

namespace {

constexpr std::string_view null_guid = "{00000000-0000-0000-0000-000000000000}";

/// Setup classes that Windows defines ("System-Defined Device Setup Classes"); most of them share all but their first
/// digits.
bool is_system_class(std::string_view guid) {
  constexpr std::string_view single[] = {
      "{36fc9e60-c465-11cf-8056-444553540000}", "{745a17a0-74d3-11d0-b6fe-00a0c90f57da}",
      "{71a27cdd-812a-11d0-bec7-08002be2092f}", "{ca3e7ab9-b4c3-4ae6-8251-579ef933890f}",
      "{62f9c741-b25a-46ce-b54c-9bccce08b6f2}", "{5c4c3332-344d-483c-8739-259e934c9cc8}",
      "{50127dc3-0f36-415e-a6cc-4cb3be910b65}", "{e0cbf06c-cd8b-4647-bb8a-263b43f0f974}",
      "{50dd5230-ba8a-11d1-bf5d-0000f805f530}", "{4658ee7e-f050-11d1-b6bd-00c04fa372a7}",
      "{88bae032-5a81-49f0-bc3d-a4ff138216d6}", "{eec5ad98-8080-425f-922a-dabf3de3f69a}",
      "{f2e7dd72-6468-4e36-b6f1-6488f42c1b52}", "{5175d334-c371-4806-b3ba-71fd53c9258d}",
      "{72631e54-78a4-11d0-bcf7-00aa00b7b32a}", "{8ecc055d-047f-11d1-a537-0000f8753ed1}"};
  return guid == null_guid || (guid.starts_with("{4d36e9") && guid.ends_with("-e325-11ce-bfc1-08002be10318}")) ||
         std::find(std::begin(single), std::end(single), guid) != std::end(single);
}

} // namespace

void run_system_class_guid(const facts::Facts &facts, Sink &sink) {
  bool failed = false, given = false;
  for (const facts::DeviceFacts &device : facts.surface->devices) {
    if (device.class_guid.empty())
      continue;
    given = true;
    const std::string guid = ascii_lower(device.class_guid);
    if (!is_system_class(guid))
      continue;
    failed = true;
    sink.fail("the device " + printable(name_of(device)) + " is created with the class GUID " + guid +
                  (guid == null_guid ? ", which names no class"
                                     : ", a setup class of Windows: what an administrator or another driver sets for "
                                       "that class replaces the descriptor"),
              {.anchor = name_of(device), .location = place_of(device)});
  }
  if (!failed)
    given ? sink.pass("the class GUIDs given with descriptors are the driver's own")
          : sink.not_applicable("no device is created with a descriptor and a class GUID");
}

} // namespace ringfence::rules
