// An Image as a tree of plain data: everything that was read, in file order, for people and for
// tests.
#pragma once

#include <ringfence/base/value.h>

namespace ringfence::image {

class Image;

/// Every part of the image with its diagnostics. RVAs and offsets are "0x.." texts, hostile text is
/// made printable. Lists of relocations, unwind records and dynamic relocations are counted, not
/// listed; the others hold at most 4,096 items, then the member "omitted" says how many there were
/// more.
Value describe(const Image &image);

} // namespace ringfence::image
