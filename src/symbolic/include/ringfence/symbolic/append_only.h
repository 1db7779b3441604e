// AppendOnly: a sequence that only grows and whose elements stay where they are. It grows by a block at a time, so no
// element is copied and no memory is touched before it is needed.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace ringfence::symbolic {

template <typename T> class AppendOnly {
  static constexpr unsigned block_bits = 12; ///< 4,096 elements
  static constexpr std::size_t block_size = std::size_t{1} << block_bits;
  std::vector<std::vector<T>> blocks_; ///< all but the last are full
  std::size_t size_ = 0;

public:
  std::size_t size() const { return size_; }
  const T &operator[](std::size_t index) const { return blocks_[index >> block_bits].data()[index & (block_size - 1)]; }
  void push_back(T value) {
    if (size_ % block_size == 0)
      blocks_.emplace_back().reserve(block_size);
    blocks_.back().push_back(std::move(value));
    ++size_;
  }
};

} // namespace ringfence::symbolic
