// Control Flow Guard is not enabled: see docs/rules/image/no-control-flow-guard.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {
namespace {

constexpr std::uint32_t CF_INSTRUMENTED = 0x100;
constexpr std::uint32_t CF_FUNCTION_TABLE_PRESENT = 0x400;

/// What of Control Flow Guard is missing; empty when nothing is.
std::string missing_part(const facts::ImageFacts &image) {
  if (!(image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_GUARD_CF))
    return "the header lacks GUARD_CF (0x4000)";
  if (!image.load_config.present())
    return "there is no load configuration";
  const facts::LoadConfigFacts &config = *image.load_config;
  const std::uint32_t least = image.pe32_plus ? 0x90 : 0x5C;
  if (config.size < least)
    return "the load configuration is " + hex(config.size) + " bytes long, too short for the guard fields";
  if (config.guard_check_function_pointer.value_or(0) == 0)
    return "GuardCFCheckFunctionPointer is zero";
  if (config.guard_function_table.value_or(0) == 0)
    return "GuardCFFunctionTable is zero";
  const std::uint32_t wanted = CF_INSTRUMENTED | CF_FUNCTION_TABLE_PRESENT;
  if ((config.guard_flags.value_or(0) & wanted) != wanted)
    return "GuardFlags is " + hex(config.guard_flags.value_or(0)) + " and lacks bits of " + hex(wanted);
  return {};
}

} // namespace

void run_no_control_flow_guard(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.is_kernel_driver() && image.machine != facts::Machine::x64 && image.machine != facts::Machine::arm64)
    return sink.not_applicable("the kernel enforces Control Flow Guard on x64 and ARM64; this image is for " +
                               image.machine_name);
  if (image.linker_major < 14)
    return sink.not_applicable("linker version " + std::to_string(image.linker_major) + "." +
                               std::to_string(image.linker_minor) + " is older than 14.0 and has no support for it");
  const std::string missing = missing_part(image);
  if (!missing.empty())
    return sink.fail("Control Flow Guard is not enabled: " + missing, {.anchor = "GUARD_CF"});
  sink.pass("Control Flow Guard is enabled with " +
            std::to_string(image.load_config->guard_function_count.value_or(0)) + " valid call targets");
}

} // namespace ringfence::rules
