#include <ringfence/document/document.h>

#include <nlohmann/json.hpp>

namespace ringfence::document {
namespace {

constexpr int maximum_depth = 256;
using Json = nlohmann::ordered_json;

Value from_json(const Json &json) {
  switch (json.type()) {
  case Json::value_t::boolean:
    return Value(json.get<bool>());
  case Json::value_t::number_integer:
    return Value(json.get<std::int64_t>());
  case Json::value_t::number_unsigned: {
    const auto number = json.get<std::uint64_t>();
    return number <= INT64_MAX ? Value(static_cast<std::int64_t>(number)) : Value(number);
  }
  case Json::value_t::number_float:
    return Value(json.get<double>());
  case Json::value_t::string:
    return Value(json.get<std::string>());
  case Json::value_t::array: {
    Value::Array items;
    items.reserve(json.size());
    for (const Json &item : json)
      items.push_back(from_json(item));
    return Value(std::move(items));
  }
  case Json::value_t::object: {
    Value object = Value::object();
    for (const auto &[key, member] : json.items())
      object.set(key, from_json(member));
    return object;
  }
  default:
    return {};
  }
}

Json to_json(const Value &value) {
  if (const auto *v = value.if_bool())
    return *v;
  if (const auto *v = value.if_int())
    return *v;
  if (const auto *v = value.if_uint())
    return *v;
  if (const auto *v = value.if_double())
    return *v;
  if (const auto *v = value.if_string())
    return *v;
  if (const auto *v = value.if_array()) {
    Json array = Json::array();
    for (const Value &item : *v)
      array.push_back(to_json(item));
    return array;
  }
  if (const auto *v = value.if_object()) {
    Json object = Json::object();
    for (const auto &[key, member] : *v)
      object.push_back({key, to_json(member)});
    return object;
  }
  return nullptr;
}

} // namespace

Result<Value> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto guard = [&too_deep](int depth, Json::parse_event_t, Json &) {
    too_deep = too_deep || depth > maximum_depth;
    return !too_deep;
  };
  try {
    const Json json = Json::parse(text.begin(), text.end(), guard);
    if (too_deep)
      return Error{ErrorCode::limit, 0, "expected JSON nested at most 256 deep"};
    return from_json(json);
  } catch (const Json::parse_error &error) {
    return Error{ErrorCode::malformed, error.byte, std::string("expected JSON: ") + error.what()};
  } catch (const Json::exception &error) {
    return Error{ErrorCode::malformed, 0, std::string("expected JSON: ") + error.what()};
  }
}

std::string write_json(const Value &value, unsigned indent) {
  return to_json(value).dump(indent == 0 ? -1 : static_cast<int>(indent), ' ', false,
                             Json::error_handler_t::replace);
}

} // namespace ringfence::document
