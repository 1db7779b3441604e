// Loads the input as an image, touches and describes every part, computes every digest and checks
// what must hold.
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

#include "image_invariants.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static ringfence::image::Hasher hasher;
  const auto image = ringfence::image::load_view(std::as_bytes(std::span(data, size)));
  if (!image)
    return image.error().what.empty() ? (std::abort(), 0) : 0;
  // Describing and digesting takes longer than loading: one size in 64 gets it.
  using ringfence::test::Depth;
  const auto broken =
      ringfence::test::broken_invariant(*image, hasher, size % 64 == 0 ? Depth::everything : Depth::views);
  if (!broken.empty()) {
    std::fprintf(stderr, "broken invariant: %s\n", broken.c_str());
    std::abort();
  }
  return 0;
}
