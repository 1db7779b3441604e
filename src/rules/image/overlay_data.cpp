// Data behind the last section: see docs/rules/image/overlay-data.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_overlay_data(const facts::Facts &facts, Sink &sink) {
  constexpr std::uint64_t signing_padding = 8; // a signer pads the file to a multiple of this before the certificates
  const facts::ImageFacts &image = *facts.image;
  if (image.overlay_size < signing_padding)
    return sink.pass("the file ends with its last section or its certificate table");
  sink.fail(std::to_string(image.overlay_size) + " bytes follow the last section at file offset " +
                hex(image.overlay.value),
            {.anchor = "overlay", .location = {.file_offset = image.overlay}});
}

} // namespace ringfence::rules
