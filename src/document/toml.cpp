#include <ringfence/document/document.h>

#include <sstream>
#include <toml++/toml.h>

namespace ringfence::document {
namespace {

Value from_node(const toml::node &node) {
  if (const auto *table = node.as_table()) {
    Value object = Value::object();
    for (const auto &[key, member] : *table)
      object.set(key.str(), from_node(member));
    return object;
  }
  if (const auto *array = node.as_array()) {
    Value items = Value::array();
    for (const toml::node &item : *array)
      items.push(from_node(item));
    return items;
  }
  if (const auto *text = node.as_string())
    return Value(text->get());
  if (const auto *number = node.as_integer())
    return Value(number->get());
  if (const auto *flag = node.as_boolean())
    return Value(flag->get());
  if (const auto *real = node.as_floating_point())
    return Value(real->get());
  std::ostringstream text;
  node.visit([&text](const auto &scalar) {
    if constexpr (toml::is_date<decltype(scalar)> || toml::is_time<decltype(scalar)> ||
                  toml::is_date_time<decltype(scalar)>)
      text << scalar.get();
  });
  return Value(text.str());
}

} // namespace

Result<Value> parse_toml(std::string_view text) {
  try {
    const toml::table table = toml::parse(text);
    return from_node(table);
  } catch (const toml::parse_error &error) {
    const auto &begin = error.source().begin;
    return Error{ErrorCode::malformed, 0,
                 "line " + std::to_string(begin.line) + ", column " + std::to_string(begin.column) +
                     ": " + std::string(error.description())};
  }
}

} // namespace ringfence::document
