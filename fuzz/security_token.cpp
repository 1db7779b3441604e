// Token files: what is accepted writes itself back to an equal token, through a tree and through JSON text. The first
// byte chooses the way in: JSON text, TOML text, or (one half of its values) a tree built straight from the bytes,
// which gets past the parsers' grammar with most inputs and costs a tenth.
#include <ringfence/document/document.h>
#include <ringfence/security/token.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace ringfence;
using namespace ringfence::security;

constexpr std::string_view member_names[] = {"base",
                                             "name",
                                             "user",
                                             "user_deny_only",
                                             "groups",
                                             "add_groups",
                                             "remove_groups",
                                             "deny_only",
                                             "restricted",
                                             "write_restricted",
                                             "package",
                                             "capabilities",
                                             "lpac",
                                             "integrity",
                                             "no_write_up",
                                             "trust",
                                             "privileges",
                                             "add_privileges",
                                             "remove_privileges",
                                             "kind",
                                             "level",
                                             "device_groups",
                                             "user_claims",
                                             "device_claims",
                                             "local_claims",
                                             "sid",
                                             "attributes",
                                             "type",
                                             "flags",
                                             "values"};
constexpr std::string_view words[] = {"WD",
                                      "BA",
                                      "SY",
                                      "DA",
                                      "S-1-5-21-1-2-3-1001",
                                      "S-1-16-8192",
                                      "S-1-15-2-1",
                                      "S-1-19-512-4096",
                                      "user",
                                      "admin",
                                      "appcontainer",
                                      "restricted",
                                      "system",
                                      "low",
                                      "medium",
                                      "high",
                                      "0x2000",
                                      "SeDebugPrivilege",
                                      "SeChangeNotifyPrivilege",
                                      "SeLoadDriverPrivilege",
                                      "primary",
                                      "impersonation",
                                      "identification",
                                      "anonymous",
                                      "enabled",
                                      "mandatory",
                                      "deny-only",
                                      "owner",
                                      "logon-id",
                                      "int64",
                                      "uint64",
                                      "string",
                                      "boolean",
                                      "octets",
                                      "00ff"};

/// Bytes as a tree: one byte says what comes next; what is missing at the end reads as zero.
class Grower {
public:
  explicit Grower(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  Value object(unsigned depth) {
    Value value = Value::object();
    for (unsigned count = next() % 8; count > 0 && !bytes_.empty(); --count) {
      const std::uint8_t which = next();
      const std::string key = which < 0xf8 ? std::string(member_names[which % std::size(member_names)]) : text();
      value.set(key, grow(depth + 1));
    }
    return value;
  }

private:
  std::uint8_t next() {
    if (bytes_.empty())
      return 0;
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  std::string text() {
    const std::size_t wanted = next() % 24;
    const auto piece = bytes_.first(std::min(wanted, bytes_.size()));
    bytes_ = bytes_.subspan(piece.size());
    return {piece.begin(), piece.end()};
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned count = next() % 9; count > 0; --count)
      value = value << 8 | next();
    return value;
  }

  Value grow(unsigned depth) {
    const std::uint8_t tag = next();
    switch (tag % 8) {
    case 0:
    case 1:
      return Value(words[tag / 8 % std::size(words)]);
    case 2:
      return Value(text());
    case 3:
      return tag & 8 ? Value(number()) : Value(static_cast<std::int64_t>(number()));
    case 4:
      return Value((tag & 8) != 0);
    case 5:
      return depth < 5 ? object(depth) : Value();
    default: {
      Value list = Value::array();
      for (unsigned count = depth < 5 ? tag / 8 % 6 : 0; count > 0; --count)
        list.push(grow(depth + 1));
      return list;
    }
    }
  }

  std::span<const std::uint8_t> bytes_;
};

/// How many inputs came each way, said at the end of a run.
struct Tally {
  std::array<std::uint64_t, 3> given{}, accepted{};
  ~Tally() {
    constexpr const char *ways[] = {"tree", "JSON", "TOML"};
    for (std::size_t i = 0; i < given.size(); ++i)
      std::fprintf(stderr, "%s: %llu inputs, %llu tokens\n", ways[i], static_cast<unsigned long long>(given[i]),
                   static_cast<unsigned long long>(accepted[i]));
  }
};

void judge(const Token &token) {
  const Value value = value_from_token(token);
  const auto back = token_from_value(value, {});
  if (!back || !(*back == token))
    std::abort();
  const auto read = document::parse_json(document::write_json(value, 0));
  if (!read || !token_from_value(*read, {}))
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static Tally tally;
  if (!size)
    return 0;
  const std::size_t way = data[0] & 2 ? 0 : data[0] & 1 ? 2 : 1;
  ++tally.given[way];
  const std::string_view text(reinterpret_cast<const char *>(data + 1), size - 1);
  const Result<Value> value = way == 0   ? Grower(std::span(data + 1, size - 1)).object(0)
                              : way == 1 ? document::parse_json(text)
                                         : document::parse_toml(text);
  if (!value)
    return 0;
  const auto token = token_from_value(*value, {});
  if (!token)
    return 0;
  ++tally.accepted[way];
  judge(*token);
  return 0;
}
