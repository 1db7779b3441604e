// Version resource lacks what block lists match: see docs/rules/image/incomplete-version-resource.md.

#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

void run_incomplete_version_resource(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (!image.version.present())
    return sink.not_applicable("the image has no version resource");
  const facts::VersionFacts &version = *image.version;
  const auto require = [&](bool given, const char *field) {
    if (!given)
      sink.fail("the version resource lacks " + std::string(field), {.anchor = field});
    return given;
  };
  const bool numbered = std::any_of(version.file_version.begin(), version.file_version.end(),
                                    [](std::uint16_t part) { return part != 0; });
  bool complete = require(numbered, "FileVersion");
  complete &= require(!version.original_filename.empty(), "OriginalFilename");
  complete &= require(!version.company_name.empty(), "CompanyName");
  complete &= require(!version.product_name.empty(), "ProductName");
  if (complete)
    sink.pass("the version resource names " + version.original_filename + " and its version");
}

} // namespace ringfence::rules
