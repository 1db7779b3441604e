// Built with an old toolset: see docs/rules/image/old-toolset.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::rules {
namespace {

/// C and C++ compilers in the Rich header that are older than Visual Studio 2012 (17.0), by prodid of @comp.id.
struct OldCompiler {
  std::uint16_t product;
  std::string_view name;
};
constexpr OldCompiler old_compilers[] = {
    {0x0a, "Visual Studio 6"},    {0x0b, "Visual Studio 6"},    {0x15, "Visual Studio 6"},
    {0x16, "Visual Studio 6"},    {0x1c, "Visual Studio 2002"}, {0x1d, "Visual Studio 2002"},
    {0x5f, "Visual Studio 2003"}, {0x60, "Visual Studio 2003"}, {0x63, "Visual Studio 2003"},
    {0x64, "Visual Studio 2003"}, {0x6d, "Visual Studio 2005"}, {0x6e, "Visual Studio 2005"},
    {0x71, "Visual Studio 2005"}, {0x72, "Visual Studio 2005"}, {0x83, "Visual Studio 2008"},
    {0x84, "Visual Studio 2008"}, {0x89, "Visual Studio 2008"}, {0x8a, "Visual Studio 2008"},
    {0xaa, "Visual Studio 2010"}, {0xab, "Visual Studio 2010"}, {0xae, "Visual Studio 2010"},
    {0xaf, "Visual Studio 2010"}, {0xbc, "Visual Studio 2010"}, {0xbd, "Visual Studio 2010"},
    {0xc0, "Visual Studio 2010"}, {0xc1, "Visual Studio 2010"},
};

} // namespace

void run_old_toolset(const facts::Facts &facts, Sink &sink) {
  constexpr std::uint8_t first_good_linker = 11; // Visual Studio 2012
  const facts::ImageFacts &image = *facts.image;
  const std::string linker = std::to_string(image.linker_major) + "." + std::to_string(image.linker_minor);
  if (image.linker_major < first_good_linker)
    return sink.fail("the image was linked by version " + linker + ", older than Visual Studio 2012 (11.0)",
                     {.anchor = "linker"});
  if (!image.rich.present())
    return sink.pass("the image was linked by version " + linker + "; no Rich header names the compilers");
  for (const OldCompiler &old : old_compilers)
    for (const facts::RichToolFacts &tool : image.rich->tools)
      if (tool.product == old.product)
        return sink.fail(std::to_string(tool.count) + " objects were compiled by " + std::string(old.name) +
                             " (build " + std::to_string(tool.build) + "), in the driver or a library linked into it",
                         {.anchor = std::string(old.name)});
  sink.pass("the image was linked by version " + linker + ", and no C or C++ object is older than Visual Studio 2012");
}

} // namespace ringfence::rules
