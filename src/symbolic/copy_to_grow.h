// What paths share is copied when one of them is about to add to it: a copy without spare room would be copied again at
// once, into twice the room.
#pragma once

#include <vector>

namespace ringfence::symbolic {

/// The same elements, with room for some more.
template <typename T> std::vector<T> copy_to_grow(const std::vector<T> &of) {
  std::vector<T> out;
  if (of.empty())
    return out;
  out.reserve(of.size() + of.size() / 8 + 4);
  out.insert(out.end(), of.begin(), of.end());
  return out;
}

} // namespace ringfence::symbolic
