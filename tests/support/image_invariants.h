// What holds for every Image, however hostile its bytes: checked by the fuzzer and by the mutation
// sweep.
#pragma once

#include <string>

namespace ringfence::image {
class Image;
class Hasher;
} // namespace ringfence::image

namespace ringfence::test {

enum class Depth {
  views,      ///< what was read while loading, unwind records, framework and packing
  everything, ///< the description and all digests as well
};

/// Touches every part of the image, lazily read ones and digests included, and checks that all
/// views lie within the file, that the address map is consistent and that lists keep their caps.
/// Empty, or what does not hold.
std::string broken_invariant(const image::Image &image, image::Hasher &hasher, Depth depth = Depth::everything);

} // namespace ringfence::test
