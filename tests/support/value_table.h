// A table of a description of facts, for fixtures of rules: members are asked for by name, and what nobody asked for is
// refused.
#pragma once

#include <ringfence/base/value.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringfence {

class ValueTable {
public:
  /// The first mistake goes to `error`, with `where`.
  ValueTable(const Value &value, std::string where, std::string &error)
      : value_(value), where_(std::move(where)), error_(error) {
    if (!value.if_object())
      fail("expected a table");
  }
  ~ValueTable() {
    if (const auto *object = value_.if_object())
      for (const auto &[key, member] : *object)
        if (std::find(asked_.begin(), asked_.end(), key) == asked_.end())
          fail("unknown key '" + key + "'");
  }
  ValueTable(const ValueTable &) = delete;
  ValueTable &operator=(const ValueTable &) = delete;

  const Value *find(const char *key) {
    asked_.emplace_back(key);
    return value_.find(key);
  }
  bool flag(const char *key, bool otherwise = false) {
    const Value *value = find(key);
    if (value && !value->if_bool())
      fail(std::string(key) + ": expected true or false");
    return value && value->if_bool() ? *value->if_bool() : otherwise;
  }
  std::string text(const char *key, std::string otherwise = {}) {
    const Value *value = find(key);
    if (value && !value->if_string())
      fail(std::string(key) + ": expected a text");
    return value && value->if_string() ? *value->if_string() : otherwise;
  }
  std::optional<std::uint64_t> number(const char *key) {
    const Value *value = find(key);
    return value ? std::optional(number_of(*value, key)) : std::nullopt;
  }
  std::uint64_t number_of(const Value &value, const std::string &key) {
    if (const auto *number = value.if_int(); number && *number >= 0)
      return static_cast<std::uint64_t>(*number);
    fail(key + ": expected a number");
    return 0;
  }
  /// One of `words`, by its index.
  std::size_t word(const char *key, std::initializer_list<std::string_view> words, std::size_t otherwise) {
    const Value *value = find(key);
    if (!value)
      return otherwise;
    std::size_t index = 0;
    for (const std::string_view one : words) {
      if (value->if_string() && *value->if_string() == one)
        return index;
      ++index;
    }
    fail(std::string(key) + ": not a known word");
    return otherwise;
  }
  Value::Array list(const char *key) {
    const Value *value = find(key);
    if (value && !value->if_array())
      fail(std::string(key) + ": expected a list");
    return value && value->if_array() ? *value->if_array() : Value::Array();
  }
  std::vector<std::string> texts(const char *key) {
    std::vector<std::string> out;
    for (const Value &one : list(key))
      out.push_back(one.if_string() ? *one.if_string() : std::string());
    return out;
  }
  void fail(const std::string &what) {
    if (error_.empty())
      error_ = where_ + ": " + what;
  }

private:
  const Value &value_;
  std::string where_;
  std::string &error_;
  std::vector<std::string> asked_;
};

} // namespace ringfence
