// Batch cases: descriptor + token + desired access -> status and mask; SDDL -> canonical text and bytes; condition ->
// truth.
#include <ringfence/base/text.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>
#include <ringfence/cli/security_input.h>
#include <ringfence/document/document.h>
#include <ringfence/security/access_check.h>
#include <ringfence/security/condition.h>

#include <algorithm>

namespace ringfence::cli {
namespace {

using namespace security;

Result<AccessMask> mask_member(const Value &value, const ObjectType &type) {
  if (const std::int64_t *number = value.if_int())
    return static_cast<AccessMask>(*number);
  if (const std::string *text = value.if_string())
    if (const auto mask = mask_from_text(*text, type))
      return *mask;
  return Error{ErrorCode::invalid, 0, "expected an access mask as number or text"};
}

// Hexadecimal text, or a list of numbers.
Result<std::vector<std::byte>> bytes_member(const Value &value) {
  if (const std::string *text = value.if_string())
    if (const auto bytes = bytes_from_hex(*text))
      return *bytes;
  if (const Value::Array *list = value.if_array()) {
    std::vector<std::byte> bytes;
    for (const Value &entry : *list) {
      const std::int64_t *number = entry.if_int();
      if (!number || *number < 0 || *number > 255)
        return Error{ErrorCode::invalid, 0, "expected bytes between 0 and 255"};
      bytes.push_back(static_cast<std::byte>(*number));
    }
    return bytes;
  }
  return Error{ErrorCode::invalid, 0, "expected hexadecimal text or a list of bytes"};
}

Result<SidContext> context_of(const Value &value) {
  return sid_context(value.text_at("machine_sid"), value.text_at("domain_sid"));
}

Result<SecurityDescriptor> descriptor_of(const Value &value, const SidContext &context) {
  if (const Value *binary = value.find("descriptor")) {
    const auto bytes = bytes_member(*binary);
    if (!bytes)
      return bytes.error();
    return parse_security_descriptor(*bytes);
  }
  const SddlMode mode = value.text_at("mode") == "strict" ? SddlMode::strict : SddlMode::windows;
  auto parsed = parse_sddl(value.text_at("sddl"), {mode, context});
  if (!parsed)
    return parsed.error();
  return std::move(parsed->descriptor);
}

Result<Token> token_member(const Value &value, const SidContext &context) {
  const Value *member = value.find("token");
  if (!member)
    return *token_from_preset("user");
  if (const std::string *name = member->if_string())
    return load_token(*name, context);
  return token_from_value(*member, context);
}

Result<GenericMapping> mapping_of(const Value &value, const ObjectType &type) {
  const Value *member = value.find("mapping");
  if (!member)
    return type.mapping;
  GenericMapping mapping;
  const std::pair<std::string_view, AccessMask *> fields[] = {
      {"read", &mapping.read}, {"write", &mapping.write}, {"execute", &mapping.execute}, {"all", &mapping.all}};
  for (const auto &[name, field] : fields) {
    const Value *number = member->find(name);
    const auto mask = number ? mask_member(*number, type) : Result<AccessMask>(AccessMask{0});
    if (!mask)
      return mask.error();
    *field = *mask;
  }
  return mapping;
}

Result<std::vector<ObjectTypeEntry>> object_types_of(const Value &value) {
  std::vector<ObjectTypeEntry> list;
  const Value *member = value.find("object_types");
  const Value::Array *entries = member ? member->if_array() : nullptr;
  if (!entries)
    return list;
  for (const Value &entry : *entries) {
    const auto guid = parse_guid(entry.text_at("guid"));
    const Value *level = entry.find("level");
    const std::int64_t *number = level ? level->if_int() : nullptr;
    if (!guid || !number)
      return Error{ErrorCode::invalid, 0, "object_types: expected {level, guid}"};
    list.push_back({static_cast<std::uint16_t>(*number), *guid});
  }
  return list;
}

Result<Value> access_case(const Value &value) {
  const auto context = context_of(value);
  if (!context)
    return context.error();
  const std::string type_name = value.text_at("object_type");
  const ObjectType *type = find_object_type(type_name.empty() ? "File" : type_name);
  if (!type)
    return Error{ErrorCode::invalid, 0, "object_type: expected a kernel object type"};
  const auto descriptor = descriptor_of(value, *context);
  const auto token = token_member(value, *context);
  const auto desired = mask_member(*value.find("desired"), *type);
  const auto mapping = mapping_of(value, *type);
  const auto types = object_types_of(value);
  for (const Error *error :
       {descriptor ? nullptr : &descriptor.error(), token ? nullptr : &token.error(),
        desired ? nullptr : &desired.error(), mapping ? nullptr : &mapping.error(), types ? nullptr : &types.error()})
    if (error)
      return *error;
  AccessRequest request;
  request.desired = *desired;
  request.mapping = *mapping;
  request.object_types = *types;
  request.result_list = value.flag_at("result_list");
  request.system_call = value.flag_at("system_call");
  request.mode = value.text_at("requestor") == "kernel" ? RequestorMode::kernel : RequestorMode::user;
  request.force_access_check = value.flag_at("force_access_check");
  if (const std::string self = value.text_at("self"); !self.empty()) {
    const auto sid = sid_from_text(self, *context);
    if (!sid)
      return sid.error();
    request.self = *sid;
  }
  AccessExplanation explanation;
  const AccessResult result = check_access(*descriptor, *token, request, &explanation);
  Value out = Value::object({{"status", Value(name_of(result.status))},
                             {"ntstatus", Value(hex(ntstatus(result.status), 8))},
                             {"granted", Value(mask_text(result.granted))}});
  if (request.object_types.empty())
    return out;
  Value nodes = Value::array();
  for (const NodeResult &node : explanation.nodes)
    nodes.push(Value::object({{"status", Value(name_of(node.status))}, {"granted", Value(mask_text(node.granted))}}));
  out.set("nodes", nodes);
  return out;
}

Result<Value> condition_case(const Value &value) {
  const auto context = context_of(value);
  const auto token = context ? token_member(value, *context) : Result<Token>(context.error());
  if (!token)
    return token.error();
  const std::string text = value.text_at("condition");
  std::size_t position = 0;
  std::vector<ConditionLeniency> leniencies;
  const auto condition = parse_condition_text(text, position, *context, &leniencies);
  if (!condition)
    return condition.error();
  std::vector<Sid> groups = {token->user};
  for (const TokenGroup &group : token->groups)
    if (group.enabled())
      groups.push_back(group.sid);
  std::vector<Sid> device_groups;
  for (const TokenGroup &group : token->device_groups)
    if (group.enabled())
      device_groups.push_back(group.sid);
  const Truth truth =
      evaluate(*condition, {token->user_claims, token->device_claims, token->local_claims, {}, groups, device_groups});
  return Value::object(
      {{"truth", Value(name_of(truth))}, {"condition", Value(format_condition(*condition, *context))}});
}

Result<Value> sddl_case(const Value &value) {
  const auto context = context_of(value);
  const auto descriptor = context ? descriptor_of(value, *context) : Result<SecurityDescriptor>(context.error());
  if (!descriptor)
    return descriptor.error();
  const auto text = format_sddl(*descriptor, *context);
  const auto bytes = write_security_descriptor(*descriptor);
  if (!bytes)
    return bytes.error();
  return Value::object({{"sddl", text ? Value(*text) : Value()}, {"descriptor", Value(hex_bytes(*bytes))}});
}

// Every member of `expected` must be in `found`, numbers and hexadecimal texts being the same thing.
bool agrees(const Value &expected, const Value &found) {
  if (const Value::Object *members = expected.if_object())
    return std::ranges::all_of(*members, [&](const Value::Member &member) {
      const Value *other = found.find(member.first);
      return other ? agrees(member.second, *other) : member.second.is_null();
    });
  if (const Value::Array *list = expected.if_array()) {
    if (const Value::Array *other = found.if_array())
      return std::ranges::equal(*list, *other, agrees);
    const auto bytes = bytes_member(expected);
    return bytes && found.if_string() && hex_bytes(*bytes) == *found.if_string();
  }
  if (expected == found)
    return true;
  const auto number = [](const Value &value) -> std::optional<std::uint64_t> {
    if (const std::int64_t *integer = value.if_int())
      return static_cast<std::uint64_t>(*integer);
    return value.if_string() ? parse_unsigned(*value.if_string()) : std::nullopt;
  };
  return number(expected) && number(expected) == number(found);
}

Value run_case(const Value &value, bool &passed) {
  auto result = value.find("desired")     ? access_case(value)
                : value.find("condition") ? condition_case(value)
                                          : sddl_case(value);
  Value out = Value::object();
  if (const Value *name = value.find("name"))
    out.set("name", *name);
  Value found = result ? std::move(*result) : Value::object({{"error", Value(result.error().what)}});
  for (const auto &[key, member] : *found.if_object())
    out.set(key, member);
  if (const Value *expected = value.find("expect")) {
    // {"error": true} asks for any error.
    passed = expected->flag_at("error") ? !result.ok() : result.ok() && agrees(*expected, found);
    out.set("passed", passed);
  }
  return out;
}

} // namespace

int run_vectors(const std::string &path, const Console &console) {
  const auto bytes = read_file(path);
  if (!bytes)
    return usage_error(console, path + ": " + bytes.error().what);
  const auto document =
      document::parse_json(std::string_view(reinterpret_cast<const char *>(bytes->data()), bytes->size()));
  if (!document)
    return usage_error(console, path + ": " + document.error().what);
  const Value *list = document->if_array() ? &*document : document->find("cases");
  if (!list || !list->if_array())
    return usage_error(console, path + ": expected a list of cases");
  Value results = Value::array();
  std::size_t failed = 0;
  for (const Value &value : *list->if_array()) {
    bool passed = true;
    results.push(run_case(value, passed));
    failed += passed ? 0u : 1u;
  }
  print(console.out,
        document::write_json(Value::object({{"cases", Value(static_cast<std::uint64_t>(list->if_array()->size()))},
                                            {"failed", Value(static_cast<std::uint64_t>(failed))},
                                            {"results", results}})) +
            "\n");
  return failed ? exit_findings : exit_passed;
}

} // namespace ringfence::cli
