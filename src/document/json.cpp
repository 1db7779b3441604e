#include <ringfence/document/document.h>

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>

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

/// Writes a tree without building the library's tree first. Only what needs care is left to the library: numbers with a
/// fraction, and texts with invalid UTF-8.
class Writer {
public:
  explicit Writer(unsigned indent) : indent_(indent) {}

  void write(const Value &value, std::size_t depth) {
    if (const auto *truth = value.if_bool())
      out_ += *truth ? "true" : "false";
    else if (const auto *whole = value.if_int())
      number(*whole);
    else if (const auto *natural = value.if_uint())
      number(*natural);
    else if (const auto *real = value.if_double())
      out_ += Json(*real).dump();
    else if (const auto *string = value.if_string())
      text(*string);
    else if (const auto *items = value.if_array())
      list(*items, '[', ']', depth, [&](const Value &item) { write(item, depth + 1); });
    else if (const auto *members = value.if_object())
      list(*members, '{', '}', depth, [&](const Value::Member &member) {
        text(member.first);
        out_ += indent_ == 0 ? ":" : ": ";
        write(member.second, depth + 1);
      });
    else
      out_ += "null";
  }
  std::string take() { return std::move(out_); }

private:
  template <class Items, class Item>
  void list(const Items &items, char open, char close, std::size_t depth, Item write_item) {
    out_ += open;
    bool first = true;
    for (const auto &item : items) {
      if (!first)
        out_ += ',';
      first = false;
      new_line(depth + 1);
      write_item(item);
    }
    if (!first)
      new_line(depth);
    out_ += close;
  }
  void new_line(std::size_t depth) {
    if (indent_ != 0) {
      out_ += '\n';
      out_.append(depth * indent_, ' ');
    }
  }
  template <class Number> void number(Number value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }
  void text(std::string_view value) {
    bool plain = true; // ASCII that stands for itself; without a branch, so that many characters are looked at together
    for (const char c : value)
      plain &= (c >= 0x20) & (c != '"') & (c != '\\') & (c != 0x7f);
    if (!plain) {
      out_ += Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
      return;
    }
    out_ += '"';
    out_ += value;
    out_ += '"';
  }

  std::string out_;
  std::size_t indent_;
};

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
  Writer writer(indent);
  writer.write(value, 0);
  return writer.take();
}

} // namespace ringfence::document
