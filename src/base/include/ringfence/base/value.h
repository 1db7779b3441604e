// Value: a plain tree of data, the form in which JSON and TOML documents travel between rooms.
// Objects keep the order in which their members were added, so that what is written is reproducible.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ringfence {

class Value {
public:
  using Array = std::vector<Value>;
  using Member = std::pair<std::string, Value>;
  using Object = std::vector<Member>;

  Value() = default;
  Value(bool v) : data_(v) {}
  Value(int v) : data_(std::int64_t{v}) {}
  Value(std::int64_t v) : data_(v) {}
  Value(std::uint64_t v) : data_(v) {}
  Value(std::uint32_t v) : data_(std::uint64_t{v}) {}
  Value(double v) : data_(v) {}
  Value(const char *v) : data_(std::string(v)) {}
  Value(std::string v) : data_(std::move(v)) {}
  Value(std::string_view v) : data_(std::string(v)) {}
  Value(Array v) : data_(std::move(v)) {}

  static Value array() { return Value(Array{}); }
  static Value object() {
    Value value;
    value.data_ = Object{};
    return value;
  }
  static Value object(std::initializer_list<Member> members) {
    Value value;
    value.data_ = Object(members);
    return value;
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  const bool *if_bool() const { return std::get_if<bool>(&data_); }
  const std::int64_t *if_int() const { return std::get_if<std::int64_t>(&data_); }
  const std::uint64_t *if_uint() const { return std::get_if<std::uint64_t>(&data_); }
  const double *if_double() const { return std::get_if<double>(&data_); }
  const std::string *if_string() const { return std::get_if<std::string>(&data_); }
  const Array *if_array() const { return std::get_if<Array>(&data_); }
  const Object *if_object() const { return std::get_if<Object>(&data_); }

  /// The member `key`, or nullptr when this is not an object or has none.
  const Value *find(std::string_view key) const;
  /// Members of a document that may lack them: what is missing or of another type is empty.
  std::string text_at(std::string_view key) const;
  bool flag_at(std::string_view key) const;
  std::optional<std::uint64_t> number_at(std::string_view key) const; ///< integers that are not negative
  std::span<const Value> items_at(std::string_view key) const;
  /// Adds or replaces a member. A null value becomes an object first.
  Value &set(std::string_view key, Value value);
  /// Appends to an array. A null value becomes an array first.
  Value &push(Value value);

  friend bool operator==(const Value &, const Value &) = default;

private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data_;
};

} // namespace ringfence
