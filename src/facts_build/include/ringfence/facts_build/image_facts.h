// Image -> ImageFacts: plain copies for the rules, with "absent" and "could not be read" kept apart.
#pragma once

#include <ringfence/facts/image_facts.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

namespace ringfence::facts_build {

/// Never fails: what the image could not give is Part::unreadable with the image's diagnostic as the reason.
facts::ImageFacts build_image_facts(const image::Image &image, const image::Hashes &hashes);

} // namespace ringfence::facts_build
