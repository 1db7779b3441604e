// The `image` object of the report.
#pragma once

#include <ringfence/base/value.h>
#include <ringfence/facts/image_facts.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

namespace ringfence::audit {

Value image_value(const image::Image &image, const image::Hashes &hashes, const facts::ImageFacts &facts);

} // namespace ringfence::audit
