// Processor protection of kernel memory switched off: see docs/rules/surface/memory-protection-disabled.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <array>
#include <map>

namespace ringfence::rules {

namespace {

struct Protection {
  std::string_view kind; ///< of the recorded write
  std::uint64_t bit;
  std::string_view name;
};
constexpr std::array<Protection, 3> protections = {
    {{"cr0", 1u << 16, "CR0.WP"}, {"cr4", 1u << 20, "CR4.SMEP"}, {"cr4", 1u << 21, "CR4.SMAP"}}};

} // namespace

void run_memory_protection_disabled(const facts::Facts &facts, Sink &sink) {
  bool any = false, failed = false;
  std::map<std::string_view, std::pair<std::string, Rva>> cleared; // by register
  for (const facts::ArgumentFacts &argument : facts.surface->arguments)
    for (const Protection &protection : protections) {
      if (argument.kind != protection.kind)
        continue;
      any = true;
      if ((argument.value.value_or(0) & protection.bit) == 0)
        continue;
      auto &[names, at] = cleared.try_emplace(protection.kind, std::string(), argument.at).first->second;
      if (names.find(protection.name) == std::string::npos)
        names += (names.empty() ? "" : " and ") + std::string(protection.name);
    }
  for (const auto &[kind, found] : cleared) {
    failed = true;
    sink.fail("the driver clears " + found.first + ", whoever calls it",
              {.anchor = std::string(kind), .location = {.rva = found.second}});
  }
  if (!any)
    return sink.not_applicable("no followed path writes CR0 or CR4");
  if (!failed)
    sink.pass("no write of CR0 or CR4 clears WP, SMEP or SMAP");
}

} // namespace ringfence::rules
