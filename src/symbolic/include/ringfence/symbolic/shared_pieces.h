// SharedPieces: a sorted sequence cut into pieces that its copies share until one of them changes. What a path knows is
// copied at every fork and changes in few places: a copy costs one pointer for each piece, a change the copy of one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ringfence::symbolic {

template <typename T> class SharedPieces {
  using Piece = std::vector<T>;
  static constexpr std::size_t most = 48;      ///< elements in one piece
  std::vector<std::shared_ptr<Piece>> pieces_; ///< none is empty

public:
  /// Valid until the sequence changes. The end is the place behind the last piece.
  class Iterator {
  public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T *;
    using reference = const T &;

    Iterator() = default;
    const T &operator*() const { return (**piece_)[index_]; }
    const T *operator->() const { return &**this; }
    Iterator &operator++() {
      if (++index_ == (*piece_)->size()) {
        ++piece_;
        index_ = 0;
      }
      return *this;
    }
    Iterator operator++(int) { return std::exchange(*this, std::next(*this)); }
    Iterator &operator--() {
      if (index_ == 0)
        index_ = (*--piece_)->size();
      --index_;
      return *this;
    }
    Iterator operator--(int) { return std::exchange(*this, std::prev(*this)); }
    friend bool operator==(const Iterator &, const Iterator &) = default;

  private:
    friend SharedPieces;
    Iterator(const std::shared_ptr<Piece> *piece, std::size_t index) : piece_(piece), index_(index) {}
    const std::shared_ptr<Piece> *piece_ = nullptr;
    std::size_t index_ = 0;
  };
  using const_iterator = Iterator;
  using value_type = T;

  bool empty() const { return pieces_.empty(); }
  /// Takes time with the number of pieces.
  std::size_t size() const {
    std::size_t out = 0;
    for (const auto &piece : pieces_)
      out += piece->size();
    return out;
  }
  Iterator begin() const { return {pieces_.data(), 0}; }
  Iterator end() const { return {pieces_.data() + pieces_.size(), 0}; }
  void clear() { pieces_.clear(); }

  /// The first element for which `is_before` is false; it is true for all before and for none behind.
  template <typename IsBefore> Iterator partition_point(IsBefore &&is_before) const {
    const auto piece = std::partition_point(
        pieces_.begin(), pieces_.end(), [&](const std::shared_ptr<Piece> &each) { return is_before(each->back()); });
    if (piece == pieces_.end())
      return end();
    const auto at = std::partition_point((*piece)->begin(), (*piece)->end(), is_before);
    return {&*piece, static_cast<std::size_t>(at - (*piece)->begin())};
  }

  /// The element at `at`, to be changed; no copy of the sequence sees it.
  T &writable(Iterator at) { return own(number_of(at))[at.index_]; }

  /// Puts `fresh` in the place of [first, last).
  void splice(Iterator first, Iterator last, std::span<const T> fresh) {
    std::size_t number = number_of(first), index = first.index_;
    if (number == pieces_.size()) { // behind everything: into the last piece
      if (fresh.empty())
        return;
      if (pieces_.empty())
        pieces_.push_back(std::make_shared<Piece>());
      number = pieces_.size() - 1;
      index = pieces_[number]->size();
      last = first = Iterator(&pieces_[number], index);
    }
    const std::size_t last_number = number_of(last);
    Piece &piece = own(number);
    if (last_number == number) {
      replace(piece, index, last.index_, fresh);
    } else {
      if (last.index_ != 0) { // what remains of the last piece
        Piece &end = own(last_number);
        end.erase(end.begin(), end.begin() + static_cast<std::ptrdiff_t>(last.index_));
      }
      replace(piece, index, piece.size(), fresh);
      pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(number + 1),
                    pieces_.begin() + static_cast<std::ptrdiff_t>(last_number));
    }
    if (piece.empty())
      pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(number));
    else if (piece.size() > most)
      split(number);
  }

private:
  std::size_t number_of(Iterator at) const { return static_cast<std::size_t>(at.piece_ - pieces_.data()); }

  Piece &own(std::size_t number) {
    std::shared_ptr<Piece> &piece = pieces_[number];
    if (piece.use_count() > 1) {
      auto copy = std::make_shared<Piece>();
      copy->reserve(std::min(most, piece->size() + piece->size() / 8 + 4));
      copy->insert(copy->end(), piece->begin(), piece->end());
      piece = std::move(copy);
    }
    return *piece;
  }

  static void replace(Piece &piece, std::size_t from, std::size_t to, std::span<const T> fresh) {
    const auto at = [&](std::size_t index) { return piece.begin() + static_cast<std::ptrdiff_t>(index); };
    const std::size_t kept = std::min(fresh.size(), to - from);
    std::copy_n(fresh.begin(), kept, at(from));
    if (kept < fresh.size())
      piece.insert(at(to), fresh.begin() + static_cast<std::ptrdiff_t>(kept), fresh.end());
    else
      piece.erase(at(from + kept), at(to));
  }

  /// Cuts a piece that is too long. One that grew at its end is cut there: sequences are often written in order.
  void split(std::size_t number) {
    Piece &piece = *pieces_[number];
    const std::size_t half = number + 1 == pieces_.size() ? most : std::min(most, piece.size() / 2);
    std::vector<std::shared_ptr<Piece>> rest;
    for (std::size_t from = half; from < piece.size(); from += half)
      rest.push_back(
          std::make_shared<Piece>(piece.begin() + static_cast<std::ptrdiff_t>(from),
                                  piece.begin() + static_cast<std::ptrdiff_t>(std::min(from + half, piece.size()))));
    piece.resize(half);
    pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(number + 1), rest.begin(), rest.end());
  }
};

} // namespace ringfence::symbolic
