// Tokens to and from documents.
#include <ringfence/security/token.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <functional>

namespace ringfence::security {
namespace {

constexpr std::size_t maximum_entries = 4096;

Error wrong(std::string_view member, std::string_view what) {
  return {ErrorCode::invalid, 0, "token member '" + std::string(member) + "': expected " + std::string(what)};
}

Result<std::string> text_of(const Value &value, std::string_view member) {
  if (const std::string *text = value.if_string())
    return *text;
  return wrong(member, "a text");
}

Result<bool> bool_of(const Value &value, std::string_view member) {
  if (const bool *flag = value.if_bool())
    return *flag;
  return wrong(member, "true or false");
}

Result<std::uint64_t> number_of(const Value &value, std::string_view member) {
  if (const std::uint64_t *number = value.if_uint())
    return *number;
  if (const std::int64_t *number = value.if_int())
    return static_cast<std::uint64_t>(*number);
  if (const std::string *text = value.if_string())
    if (const auto number = parse_unsigned(*text))
      return *number;
  return wrong(member, "a number");
}

Result<Sid> sid_of(const Value &value, std::string_view member, const SidContext &context) {
  const std::string *text = value.if_string();
  if (!text)
    return wrong(member, "a SID text");
  auto sid = sid_from_text(*text, context);
  if (!sid)
    return wrong(member, "a SID: " + sid.error().what);
  return sid;
}

struct AttributeWord {
  std::string_view word;
  std::uint32_t bits;
};
constexpr AttributeWord attribute_words[] = {
    {"mandatory", group_attribute::mandatory},
    {"enabled-by-default", group_attribute::enabled_by_default},
    {"enabled", group_attribute::enabled},
    {"owner", group_attribute::owner},
    {"deny-only", group_attribute::use_for_deny_only},
    {"integrity", group_attribute::integrity},
    {"integrity-enabled", group_attribute::integrity_enabled},
    {"resource", group_attribute::resource},
    {"logon-id", group_attribute::logon_id},
};

Result<TokenGroup> group_of(const Value &value, std::string_view member, const SidContext &context) {
  TokenGroup group;
  const Value *sid = value.if_object() ? value.find("sid") : &value;
  if (!sid)
    return wrong(member, "a group with a member sid");
  const auto parsed = sid_of(*sid, member, context);
  if (!parsed)
    return parsed.error();
  group.sid = *parsed;
  const Value *attributes = value.find("attributes");
  if (!attributes)
    return group;
  if (const Value::Array *words = attributes->if_array()) {
    group.attributes = 0;
    for (const Value &word : *words) {
      const std::string *text = word.if_string();
      const auto found =
          text ? std::ranges::find(attribute_words, *text, &AttributeWord::word) : std::end(attribute_words);
      if (found == std::end(attribute_words))
        return wrong(member, "attributes among mandatory, enabled-by-default, enabled, owner, deny-only, integrity, "
                             "integrity-enabled, resource, logon-id");
      group.attributes |= found->bits;
    }
    return group;
  }
  const auto number = number_of(*attributes, member);
  if (!number)
    return number.error();
  group.attributes = static_cast<std::uint32_t>(*number);
  return group;
}

Result<std::vector<TokenGroup>> groups_of(const Value &value, std::string_view member, const SidContext &context) {
  const Value::Array *list = value.if_array();
  if (!list || list->size() > maximum_entries)
    return wrong(member, "a list of at most 4096 groups");
  std::vector<TokenGroup> groups;
  for (const Value &entry : *list) {
    auto group = group_of(entry, member, context);
    if (!group)
      return group.error();
    groups.push_back(*group);
  }
  return groups;
}

Result<PrivilegeSet> privileges_of(const Value &value, std::string_view member) {
  const Value::Array *list = value.if_array();
  if (!list)
    return wrong(member, "a list of privilege names");
  PrivilegeSet set;
  for (const Value &entry : *list) {
    const std::string *text = entry.if_string();
    const auto privilege = text ? privilege_from_name(*text) : std::nullopt;
    if (!privilege)
      return wrong(member, "privilege names such as SeChangeNotifyPrivilege");
    set.add(*privilege);
  }
  return set;
}

Result<std::uint32_t> integrity_of(const Value &value) {
  struct Word {
    std::string_view word;
    std::uint32_t rid;
  };
  constexpr Word words[] = {{"untrusted", 0}, {"low", 0x1000},    {"medium", 0x2000},   {"medium-plus", 0x2100},
                            {"high", 0x3000}, {"system", 0x4000}, {"protected", 0x5000}};
  if (const std::string *text = value.if_string())
    for (const Word &word : words)
      if (ascii_iequals(word.word, *text))
        return word.rid;
  const auto number = number_of(value, "integrity");
  if (!number || *number > 0xffffffffu)
    return wrong("integrity", "untrusted, low, medium, medium-plus, high, system, protected or a RID");
  return static_cast<std::uint32_t>(*number);
}

struct ClaimTypeWord {
  std::string_view word;
  ClaimType type;
};
constexpr ClaimTypeWord claim_types[] = {
    {"int64", ClaimType::int64}, {"uint64", ClaimType::uint64},   {"string", ClaimType::string},
    {"sid", ClaimType::sid},     {"boolean", ClaimType::boolean}, {"octets", ClaimType::octets},
};

Result<ClaimValue> claim_value_of(const Value &value, ClaimType type, std::string_view member,
                                  const SidContext &context) {
  ClaimValue out;
  switch (type) {
  case ClaimType::string: {
    const auto text = text_of(value, member);
    if (!text)
      return text.error();
    out.text = utf16_from_utf8(*text);
    return out;
  }
  case ClaimType::octets: {
    const auto text = text_of(value, member);
    const auto bytes = text ? bytes_from_hex(*text) : std::nullopt;
    if (!bytes)
      return wrong(member, "hexadecimal octets");
    out.bytes = *bytes;
    return out;
  }
  case ClaimType::sid: {
    const auto sid = sid_of(value, member, context);
    if (!sid)
      return sid.error();
    append(out.bytes, *sid);
    return out;
  }
  default:
    break;
  }
  if (const bool *flag = value.if_bool()) {
    out.number = *flag ? 1 : 0;
    return out;
  }
  const auto number = number_of(value, member);
  if (!number)
    return number.error();
  out.number = *number;
  return out;
}

Result<Claim> claim_of(const Value &value, std::string_view member, const SidContext &context) {
  const Value *name = value.find("name");
  const Value *type = value.find("type");
  const Value *values = value.find("values");
  if (!name || !name->if_string() || !values || !values->if_array())
    return wrong(member, "claims {name, type, values}");
  Claim claim;
  claim.name = utf16_from_utf8(*name->if_string());
  if (type) {
    const std::string *word = type->if_string();
    const auto found = word ? std::ranges::find(claim_types, *word, &ClaimTypeWord::word) : std::end(claim_types);
    if (found == std::end(claim_types))
      return wrong(member, "a type among int64, uint64, string, sid, boolean, octets");
    claim.type = found->type;
  }
  if (const Value *flags = value.find("flags")) {
    const auto number = number_of(*flags, member);
    if (!number)
      return number.error();
    claim.flags = static_cast<std::uint32_t>(*number);
  }
  for (const Value &entry : *values->if_array()) {
    auto one = claim_value_of(entry, claim.type, member, context);
    if (!one)
      return one.error();
    claim.values.push_back(std::move(*one));
  }
  return claim;
}

Result<std::vector<Claim>> claims_of(const Value &value, std::string_view member, const SidContext &context) {
  const Value::Array *list = value.if_array();
  if (!list || list->size() > maximum_entries)
    return wrong(member, "a list of claims");
  std::vector<Claim> claims;
  for (const Value &entry : *list) {
    auto claim = claim_of(entry, member, context);
    if (!claim)
      return claim.error();
    claims.push_back(std::move(*claim));
  }
  return claims;
}

template <class T> Status store(Result<T> result, T &into) {
  if (!result)
    return result.error();
  into = std::move(*result);
  return {};
}

Status set_sid(Token &token, std::string_view key, const Value &value, const SidContext &context) {
  const auto sid = sid_of(value, key, context);
  if (!sid)
    return sid.error();
  if (key == "user")
    token.user = *sid;
  else if (key == "package")
    token.package = *sid;
  else
    token.trust_level = *sid;
  return {};
}

Status set_groups(Token &token, std::string_view key, const Value &value, const SidContext &context) {
  auto groups = groups_of(value, key, context);
  if (!groups)
    return groups.error();
  if (key == "groups") {
    token.groups = std::move(*groups);
  } else if (key == "restricted") {
    token.restricted_sids = std::move(*groups);
  } else if (key == "capabilities") {
    token.capabilities = std::move(*groups);
  } else if (key == "device_groups") {
    token.device_groups = std::move(*groups);
  } else if (key == "add_groups") {
    token.groups.insert(token.groups.end(), groups->begin(), groups->end());
  } else {
    std::vector<Sid> named;
    for (const TokenGroup &group : *groups)
      named.push_back(group.sid);
    if (key == "deny_only")
      token = restrict_token(std::move(token), named, {});
    else
      std::erase_if(token.groups, [&](const TokenGroup &g) { return std::ranges::find(named, g.sid) != named.end(); });
  }
  return {};
}

Status set_privileges(Token &token, std::string_view key, const Value &value) {
  const auto set = privileges_of(value, key);
  if (!set)
    return set.error();
  if (key == "privileges")
    token.privileges = *set;
  for (const std::string_view name : set->names()) {
    const Privilege privilege = *privilege_from_name(name);
    if (key == "remove_privileges")
      token.privileges.remove(privilege);
    else
      token.privileges.add(privilege);
  }
  return {};
}

Status set_word(Token &token, std::string_view key, const Value &value) {
  const auto text = text_of(value, key);
  if (!text)
    return text.error();
  if (key == "name") {
    token.name = *text;
    return {};
  }
  if (key == "kind") {
    if (*text != "primary" && *text != "impersonation")
      return wrong(key, "primary or impersonation");
    token.kind = *text == "primary" ? TokenKind::primary : TokenKind::impersonation;
    return {};
  }
  constexpr std::string_view levels[] = {"anonymous", "identification", "impersonation", "delegation"};
  const auto found = std::ranges::find(levels, *text);
  if (found == std::end(levels))
    return wrong(key, "anonymous, identification, impersonation or delegation");
  token.level = static_cast<ImpersonationLevel>(found - std::begin(levels));
  return {};
}

bool one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
  return std::ranges::find(keys, key) != keys.end();
}

Status set_member(Token &token, std::string_view key, const Value &value, const SidContext &context) {
  if (one_of(key, {"user", "package", "trust"}))
    return set_sid(token, key, value, context);
  if (one_of(key,
             {"groups", "restricted", "capabilities", "device_groups", "add_groups", "remove_groups", "deny_only"}))
    return set_groups(token, key, value, context);
  if (one_of(key, {"privileges", "add_privileges", "remove_privileges"}))
    return set_privileges(token, key, value);
  if (one_of(key, {"name", "kind", "level"}))
    return set_word(token, key, value);
  if (key == "user_deny_only")
    return store(bool_of(value, key), token.user_deny_only);
  if (key == "write_restricted")
    return store(bool_of(value, key), token.write_restricted);
  if (key == "lpac")
    return store(bool_of(value, key), token.less_privileged);
  if (key == "no_write_up")
    return store(bool_of(value, key), token.no_write_up);
  if (key == "integrity")
    return store(integrity_of(value), token.integrity);
  if (key == "user_claims")
    return store(claims_of(value, key, context), token.user_claims);
  if (key == "device_claims")
    return store(claims_of(value, key, context), token.device_claims);
  if (key == "local_claims")
    return store(claims_of(value, key, context), token.local_claims);
  return wrong(key, "no such member");
}

// Documents do not keep the order of members (TOML sorts them): what modifies comes after what it modifies.
int phase_of(std::string_view key) {
  return key == "deny_only" ? 3 : key.starts_with("remove_") ? 2 : key.starts_with("add_") ? 1 : 0;
}

Value value_of(const std::vector<TokenGroup> &groups) {
  Value list = Value::array();
  for (const TokenGroup &group : groups)
    list.push(Value::object({{"sid", Value(to_string(group.sid))}, {"attributes", Value(group.attributes)}}));
  return list;
}

Value value_of(const std::vector<Claim> &claims) {
  Value list = Value::array();
  for (const Claim &claim : claims) {
    Value values = Value::array();
    for (const ClaimValue &value : claim.values) {
      if (claim.type == ClaimType::string) {
        std::vector<std::byte> bytes;
        for (const char16_t unit : value.text) {
          bytes.push_back(static_cast<std::byte>(unit & 0xff));
          bytes.push_back(static_cast<std::byte>(unit >> 8));
        }
        values.push(utf8_from_utf16(bytes));
      } else if (claim.type == ClaimType::octets) {
        values.push(hex_bytes(value.bytes));
      } else if (claim.type == ClaimType::sid) {
        Cursor cursor{SpanReader(value.bytes)};
        const auto sid = read_sid(cursor);
        values.push(sid ? to_string(*sid) : std::string());
      } else {
        values.push(claim.type == ClaimType::int64 ? Value(static_cast<std::int64_t>(value.number))
                                                   : Value(value.number));
      }
    }
    std::vector<std::byte> name;
    for (const char16_t unit : claim.name) {
      name.push_back(static_cast<std::byte>(unit & 0xff));
      name.push_back(static_cast<std::byte>(unit >> 8));
    }
    const auto type = std::ranges::find(claim_types, claim.type, &ClaimTypeWord::type);
    list.push(Value::object({{"name", Value(utf8_from_utf16(name))},
                             {"type", Value(type == std::end(claim_types) ? "string" : type->word)},
                             {"flags", Value(claim.flags)},
                             {"values", values}}));
  }
  return list;
}

} // namespace

Result<Token> token_from_value(const Value &value, const SidContext &context) {
  const Value::Object *members = value.if_object();
  if (!members)
    return Error{ErrorCode::invalid, 0, "expected a token as an object"};
  Token token;
  if (const Value *base = value.find("base")) {
    const std::string *name = base->if_string();
    auto preset = name ? token_from_preset(*name) : std::nullopt;
    if (!preset)
      return wrong("base", "the name of a preset");
    token = std::move(*preset);
  }
  for (int phase = 0; phase <= 3; ++phase)
    for (const auto &[key, member] : *members) {
      if (key == "base" || phase_of(key) != phase)
        continue;
      if (const Status status = set_member(token, key, member, context); !status)
        return status.error();
    }
  return token;
}

Value value_from_token(const Token &token) {
  Value value = Value::object({{"name", Value(token.name)},
                               {"user", Value(to_string(token.user))},
                               {"user_deny_only", Value(token.user_deny_only)},
                               {"groups", value_of(token.groups)},
                               {"restricted", value_of(token.restricted_sids)},
                               {"write_restricted", Value(token.write_restricted)}});
  if (token.package)
    value.set("package", to_string(*token.package));
  value.set("capabilities", value_of(token.capabilities));
  value.set("lpac", token.less_privileged);
  value.set("integrity", token.integrity);
  value.set("no_write_up", token.no_write_up);
  if (token.trust_level)
    value.set("trust", to_string(*token.trust_level));
  Value privileges = Value::array();
  for (const std::string_view name : token.privileges.names())
    privileges.push(name);
  value.set("privileges", std::move(privileges));
  constexpr std::string_view levels[] = {"anonymous", "identification", "impersonation", "delegation"};
  value.set("kind", token.kind == TokenKind::primary ? "primary" : "impersonation");
  value.set("level", levels[static_cast<std::size_t>(token.level)]);
  value.set("device_groups", value_of(token.device_groups));
  value.set("user_claims", value_of(token.user_claims));
  value.set("device_claims", value_of(token.device_claims));
  value.set("local_claims", value_of(token.local_claims));
  return value;
}

} // namespace ringfence::security
