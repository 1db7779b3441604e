// No SafeSEH handler table: see docs/rules/image/no-safe-seh.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_no_safe_seh(const facts::Facts &facts, Sink &sink) {
  constexpr std::uint32_t size_with_handlers = 72;
  const facts::ImageFacts &image = *facts.image;
  if (image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_NO_SEH)
    return sink.pass("the image has NO_SEH: no exception handler in it is ever called");
  if (!image.load_config.present())
    return sink.fail("there is no load configuration, so no table of safe exception handlers", {.anchor = "SafeSEH"});
  const facts::LoadConfigFacts &config = *image.load_config;
  if (config.size < size_with_handlers)
    return sink.fail("the load configuration is " + hex(config.size) + " bytes long, too short to name safe handlers",
                     {.anchor = "SafeSEH"});
  if (config.se_handler_table_va.value_or(0) == 0 || config.se_handler_count.value_or(0) == 0)
    return sink.fail("the table of safe exception handlers is empty", {.anchor = "SafeSEH"});
  sink.pass("the image registers " + std::to_string(*config.se_handler_count) + " safe exception handlers");
}

} // namespace ringfence::rules
