#include <ringfence/base/value.h>

namespace ringfence {

const Value *Value::find(std::string_view key) const {
  const Object *members = if_object();
  if (!members)
    return nullptr;
  for (const Member &member : *members)
    if (member.first == key)
      return &member.second;
  return nullptr;
}

std::string Value::text_at(std::string_view key) const {
  const Value *member = find(key);
  const std::string *text = member ? member->if_string() : nullptr;
  return text ? *text : std::string();
}

bool Value::flag_at(std::string_view key) const {
  const Value *member = find(key);
  const bool *flag = member ? member->if_bool() : nullptr;
  return flag && *flag;
}

std::optional<std::uint64_t> Value::number_at(std::string_view key) const {
  const Value *member = find(key);
  if (const std::uint64_t *number = member ? member->if_uint() : nullptr)
    return *number;
  const std::int64_t *number = member ? member->if_int() : nullptr;
  return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

std::span<const Value> Value::items_at(std::string_view key) const {
  const Value *member = find(key);
  const Array *items = member ? member->if_array() : nullptr;
  return items ? std::span<const Value>(*items) : std::span<const Value>();
}

Value &Value::set(std::string_view key, Value value) {
  if (is_null())
    data_ = Object{};
  auto *members = std::get_if<Object>(&data_);
  if (!members)
    return *this;
  for (Member &member : *members)
    if (member.first == key) {
      member.second = std::move(value);
      return *this;
    }
  members->emplace_back(std::string(key), std::move(value));
  return *this;
}

Value &Value::push(Value value) {
  if (is_null())
    data_ = Array{};
  if (auto *items = std::get_if<Array>(&data_))
    items->push_back(std::move(value));
  return *this;
}

} // namespace ringfence
