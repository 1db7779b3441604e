// Part<T>: one group of facts, with the three things that can be true of it. A rule that reads a part which
// could not be read must not pass, so "absent" (the image has none) and "unreadable" are different states.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace ringfence::facts {

template <class T> class Part {
public:
  /// The subject does not have this part.
  static Part absent() { return {}; }
  /// The subject has it, but it could not be read; `why` is shown to the user.
  static Part unreadable(std::string why) {
    Part part;
    part.why_ = std::move(why);
    return part;
  }
  Part() = default;
  Part(T value) : value_(std::move(value)) {}

  bool present() const { return value_.has_value(); }
  bool is_absent() const { return !value_ && why_.empty(); }
  bool is_unreadable() const { return !value_ && !why_.empty(); }
  const std::string &why() const { return why_; }
  const T &operator*() const {
    assert(value_);
    return *value_;
  }
  const T *operator->() const { return &**this; }

private:
  std::optional<T> value_;
  std::string why_;
};

} // namespace ringfence::facts
