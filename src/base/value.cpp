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
