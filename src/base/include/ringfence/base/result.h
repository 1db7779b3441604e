// Result<T>: the only way a room reports failure. A value, or an Error that says what went wrong,
// where in the input, and what was expected. Discarding one is a compile error (-Werror=unused-result):
// std::expected is not used because g++ 12 does not warn when it is discarded.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ringfence {

enum class ErrorCode : std::uint8_t {
  truncated,   ///< the input ends before the structure does
  malformed,   ///< the bytes contradict the format
  unsupported, ///< well-formed, but a variant that is not read
  limit,       ///< a named cap on hostile input was reached
  not_found,   ///< a named thing does not exist
  io,          ///< the operating system refused
  invalid,     ///< an argument is outside its documented range
};

/// The word that stands for `code` in messages and in JSON.
const char *name_of(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::malformed;
  std::uint64_t offset = 0; ///< byte offset in the input the error is about; 0 where none applies
  std::string what;         ///< what was expected and what was found, without the file name
};

/// "what (code at offset 0x..)".
std::string to_string(const Error &error);

template <class T> class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  bool ok() const { return state_.index() == 0; }

  /// The value. Precondition: ok().
  T &operator*() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T &operator*() const & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T &&operator*() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T *operator->() { return &**this; }
  const T *operator->() const { return &**this; }

  /// The error. Precondition: !ok().
  const Error &error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

private:
  std::variant<T, Error> state_;
};

template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return !error_; }
  bool ok() const { return !error_; }
  const Error &error() const {
    assert(error_);
    return *error_;
  }

private:
  std::optional<Error> error_;
};

using Status = Result<void>;

} // namespace ringfence
