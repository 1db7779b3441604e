// JSON and TOML texts to and from Value trees. The heavy parsers stay behind this header.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/value.h>

#include <string>
#include <string_view>

namespace ringfence::document {

/// Parses one JSON text (RFC 8259). Errors carry the byte offset. Nesting deeper than 256 is refused (limit).
Result<Value> parse_json(std::string_view text);

/// Writes JSON: UTF-8 (invalid sequences replaced by U+FFFD), members in the order of the tree. `indent` 0 writes one
/// line.
std::string write_json(const Value &value, unsigned indent = 1);

/// Parses a TOML 1.0 document into an object. Dates become strings in RFC 3339 form.
/// Errors name line and column in their text; the offset is 0.
Result<Value> parse_toml(std::string_view text);

} // namespace ringfence::document
