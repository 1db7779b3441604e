// Control Flow Guard data contradict each other: see docs/rules/image/inconsistent-guard-data.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {
namespace {

constexpr std::uint32_t CF_FUNCTION_TABLE_PRESENT = 0x400;

std::string contradiction(const facts::ImageFacts &image, const facts::LoadConfigFacts &config) {
  const bool header = image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_GUARD_CF;
  const bool flagged = config.guard_flags.value_or(0) & CF_FUNCTION_TABLE_PRESENT;
  const std::uint64_t table = config.guard_function_table.value_or(0);
  const std::uint64_t count = config.guard_function_count.value_or(0);
  if (table != 0 && count != 0 && !header)
    return "a table of " + std::to_string(count) + " call targets is present, but the header lacks GUARD_CF";
  if (header && !flagged)
    return "the header has GUARD_CF, but GuardFlags say that there is no function table";
  if (flagged && (table == 0 || count == 0))
    return "GuardFlags announce a function table, but it is empty or has no address";
  if (flagged && (table < image.image_base || table - image.image_base >= image.size_of_image))
    return "GuardCFFunctionTable " + hex(table) + " points outside the image";
  return {};
}

} // namespace

void run_inconsistent_guard_data(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  const bool header = image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_GUARD_CF;
  if (!image.load_config.present()) {
    if (header)
      return sink.fail("the header has GUARD_CF, but there is no load configuration", {.anchor = "GUARD_CF"});
    return sink.not_applicable("the image has neither GUARD_CF nor a load configuration");
  }
  if (!header && image.load_config->guard_function_table.value_or(0) == 0 &&
      !(image.load_config->guard_flags.value_or(0) & CF_FUNCTION_TABLE_PRESENT))
    return sink.not_applicable("the image carries no Control Flow Guard data");
  const std::string what = contradiction(image, *image.load_config);
  if (!what.empty())
    return sink.fail(what, {.anchor = "GUARD_CF"});
  sink.pass("header, GuardFlags and function table agree");
}

} // namespace ringfence::rules
