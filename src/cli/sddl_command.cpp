#include <ringfence/cli/sddl_command.h>

#include <ringfence/base/text.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/security_input.h>
#include <ringfence/document/document.h>
#include <ringfence/security/claim.h>
#include <ringfence/security/condition.h>
#include <ringfence/security/device_lint.h>
#include <ringfence/security/minimize.h>
#include <ringfence/security/reach.h>
#include <ringfence/security/sddl_words.h>

namespace ringfence::cli {
namespace {

using namespace security;

std::string_view meaning_of(AceType type) {
  switch (type) {
  case AceType::allow:
  case AceType::allow_callback:
  case AceType::allow_object:
  case AceType::allow_callback_object:
    return "allows";
  case AceType::deny:
  case AceType::deny_callback:
  case AceType::deny_object:
  case AceType::deny_callback_object:
    return "denies";
  case AceType::mandatory_label:
    return "labels";
  case AceType::resource_attribute:
    return "attribute";
  case AceType::process_trust_label:
    return "trusts only";
  case AceType::scoped_policy:
    return "policy";
  case AceType::access_filter:
    return "filters";
  default:
    return "audits";
  }
}

std::string rights_of(const Ace &ace, const ObjectType &type) {
  if (ace.type == AceType::resource_attribute || ace.type == AceType::scoped_policy)
    return {};
  if (ace.type != AceType::mandatory_label)
    return describe(type.mapping.map(ace.mask), type);
  std::string text;
  for (const auto &[bit, word] : {std::pair(1u, "no write up"), {2u, "no read up"}, {4u, "no execute up"}})
    if (ace.mask & bit)
      text += (text.empty() ? "" : ", ") + std::string(word);
  return text.empty() ? "no policy" : text;
}

std::string explain_ace(const Ace &ace, std::size_t index, const ObjectType &type, const SidContext &context) {
  std::string text =
      "  " + std::to_string(index) + "  " + std::string(meaning_of(ace.type)) + " " + describe(ace.sid, context);
  if (const std::string rights = rights_of(ace, type); !rights.empty())
    text += ": " + rights;
  if (ace.flags)
    text += " [" + format_ace_flags(ace.flags, ace.type) + (ace.inherit_only() ? ", does nothing here" : "") + "]";
  if (is_callback_ace(ace.type) || ace.type == AceType::access_filter) {
    if (const auto condition = parse_condition_binary(ace.application_data))
      text += " when " + format_condition(*condition, context);
  } else if (ace.type == AceType::resource_attribute) {
    if (const auto claim = parse_claim_binary(ace.application_data))
      text += " " + format_claim(*claim, context);
  }
  return text + "\n";
}

std::string explain_acl(std::string_view name, bool present, const std::optional<Acl> &acl, const ObjectType &type,
                        const SidContext &context) {
  if (!present)
    return std::string(name) + "  absent" + (name == "DACL" ? ": everybody gets everything\n" : "\n");
  if (!acl)
    return std::string(name) + "  null" + (name == "DACL" ? ": everybody gets everything\n" : "\n");
  std::string text = std::string(name) + "  " + std::to_string(acl->aces.size()) + " entries\n";
  for (std::size_t i = 0; i < acl->aces.size(); ++i)
    text += explain_ace(acl->aces[i], i, type, context);
  return text;
}

Value descriptor_value(const SecurityDescriptor &sd, const ObjectType &type, const SidContext &context) {
  const auto entries = [&](const std::optional<Acl> &acl) {
    Value list = Value::array();
    if (acl)
      for (const Ace &ace : acl->aces) {
        const auto text = format_ace(ace, context);
        list.push(Value::object({{"sddl", Value(text ? *text : std::string())},
                                 {"sid", Value(to_string(ace.sid))},
                                 {"name", Value(describe(ace.sid, context))},
                                 {"mask", Value(mask_text(ace.mask))},
                                 {"rights", Value(rights_of(ace, type))}}));
      }
    return list;
  };
  Value value = Value::object({{"control", Value(hex(sd.control, 4))}});
  value.set("owner", sd.owner ? Value(to_string(*sd.owner)) : Value());
  value.set("group", sd.group ? Value(to_string(*sd.group)) : Value());
  value.set("dacl", entries(sd.dacl));
  value.set("sacl", entries(sd.sacl));
  return value;
}

int explain(const SddlCommandOptions &options, const ParsedSddl &parsed, const SidContext &context,
            const Console &console) {
  const ObjectType *type = find_object_type(options.object_type);
  if (!type)
    return usage_error(console, "--object-type: '" + printable(options.object_type) + "' is not a kernel object type");
  const SecurityDescriptor &sd = parsed.descriptor;
  if (options.format == "json") {
    print(console.out, document::write_json(descriptor_value(sd, *type, context)) + "\n");
    return exit_passed;
  }
  std::string text = "owner " + (sd.owner ? describe(*sd.owner, context) : "none") + "\ngroup " +
                     (sd.group ? describe(*sd.group, context) : "none") + "\n";
  text += explain_acl("DACL", sd.dacl_present(), sd.dacl, *type, context);
  text += explain_acl("SACL", sd.sacl_present(), sd.sacl, *type, context);
  for (const SddlFinding &leniency : parsed.leniencies)
    text += "note  column " + std::to_string(leniency.column) + ": " + leniency.what + "\n";
  for (const DescriptorRemark &remark : validate(sd))
    text += "note  " + remark.what + "\n";
  print(console.out, text);
  return exit_passed;
}

int lint(const SddlCommandOptions &options, const SidContext &context, const Console &console) {
  LintRequest request;
  request.secure_create_subset = !options.inf;
  request.class_guid = options.class_guid;
  request.context = context;
  const auto findings = lint_device_sddl(resolve_devobj(options.text), request);
  if (!findings)
    return usage_error(console, findings.error().what);
  int code = exit_passed;
  std::string text;
  Value list = Value::array();
  for (const LintFinding &finding : *findings) {
    if (finding.severity != LintSeverity::note)
      code = exit_findings;
    text += (finding.column ? "column " + std::to_string(finding.column) + ": " : "") +
            std::string(name_of(finding.severity)) + " " + std::string(finding.id) + ": " + finding.what + "\n";
    if (!finding.fix.empty())
      text += "    fix: " + finding.fix + "\n";
    list.push(Value::object({{"id", Value(finding.id)},
                             {"severity", Value(name_of(finding.severity))},
                             {"ace", Value(finding.ace)},
                             {"column", Value(static_cast<std::uint64_t>(finding.column))},
                             {"what", Value(finding.what)},
                             {"fix", Value(finding.fix)}}));
  }
  if (findings->empty())
    text = "nothing to say\n";
  print(console.out, options.format == "json" ? document::write_json(list) + "\n" : text);
  return code;
}

Result<ServedCaller> caller_of(std::string_view text, const SidContext &context) {
  const std::size_t equals = text.find('=');
  ServedCaller caller;
  const auto sid = sid_from_text(text.substr(0, equals), context);
  if (!sid)
    return sid.error();
  caller.sid = *sid;
  if (equals == std::string_view::npos)
    return caller;
  for (const std::string_view word : split(text.substr(equals + 1), ',')) {
    if (const auto code = control_code_from_text(word))
      caller.codes.push_back(*code);
    else
      return Error{ErrorCode::invalid, 0, "expected a control code, found '" + printable(word) + "'"};
  }
  return caller;
}

int minimize_command(const SddlCommandOptions &options, const SidContext &context, const Console &console) {
  MinimizeRequest request;
  request.context = context;
  request.without_administrators = options.without_administrators;
  for (const std::string &text : options.callers) {
    auto caller = caller_of(text, context);
    if (!caller)
      return usage_error(console, "--caller: " + caller.error().what);
    request.callers.push_back(std::move(*caller));
  }
  if (!options.text.empty()) {
    auto present = parse_sddl(resolve_devobj(options.text), {SddlMode::windows, context});
    if (!present)
      return usage_error(console, present.error().what);
    request.present = std::move(present->descriptor);
  }
  const auto result = minimize(request);
  if (!result)
    return usage_error(console, result.error().what);
  std::string text = result->sddl + "\n";
  Value entries = Value::array();
  for (const MinimizedEntry &entry : result->entries) {
    text += "  " + describe(entry.sid, context) + ": " + describe(entry.mask, device_type_rights()) + " - " +
            entry.why + "\n";
    entries.push(Value::object(
        {{"sid", Value(to_string(entry.sid))}, {"mask", Value(mask_text(entry.mask))}, {"why", Value(entry.why)}}));
  }
  Value remarks = Value::array();
  for (const std::string &remark : result->remarks) {
    text += "note: " + remark + "\n";
    remarks.push(remark);
  }
  if (options.format == "json")
    text = document::write_json(
               Value::object({{"sddl", Value(result->sddl)}, {"entries", entries}, {"remarks", remarks}})) +
           "\n";
  print(console.out, text);
  return exit_passed;
}

int from_binary(const SddlCommandOptions &options, const SidContext &context, const Console &console) {
  const auto bytes = bytes_from_hex(options.text);
  if (!bytes)
    return usage_error(console, "from-binary: expected hexadecimal digits");
  const auto descriptor = parse_security_descriptor(*bytes);
  if (!descriptor)
    return usage_error(console, "from-binary: " + to_string(descriptor.error()));
  const auto text = format_sddl(*descriptor, context);
  if (!text)
    return usage_error(console, "from-binary: " + text.error().what);
  print(console.out, *text + "\n");
  return exit_passed;
}

int strings(const Console &console) {
  for (const DevobjString &entry : devobj_strings())
    print(console.out, std::string(entry.name) + (entry.exported ? "" : " (documented, not in wdmsec.lib)") + "\n    " +
                           std::string(entry.sddl) + "\n");
  return exit_passed;
}

int convert(const SddlCommandOptions &options, const SidContext &context, const Console &console) {
  const SddlMode mode = options.mode == "windows" ? SddlMode::windows : SddlMode::strict;
  const auto parsed = parse_sddl(resolve_devobj(options.text), {mode, context});
  if (!parsed)
    return usage_error(console, parsed.error().what);
  if (options.action == "explain")
    return explain(options, *parsed, context, console);
  if (options.action == "to-binary") {
    const auto bytes = write_security_descriptor(parsed->descriptor);
    if (!bytes)
      return usage_error(console, bytes.error().what);
    print(console.out, hex_bytes(*bytes) + "\n");
    return exit_passed;
  }
  const auto text = format_sddl(parsed->descriptor, context);
  if (!text)
    return usage_error(console, text.error().what);
  print(console.out, *text + "\n");
  for (const SddlFinding &leniency : parsed->leniencies)
    print(console.err, "column " + std::to_string(leniency.column) + ": " + leniency.what + "\n");
  return exit_passed;
}

} // namespace

int run_sddl(const SddlCommandOptions &options, const Console &console) {
  const auto context = sid_context(options.machine_sid, options.domain_sid);
  if (!context)
    return usage_error(console, context.error().what);
  if (options.action == "strings")
    return strings(console);
  if (options.action == "minimize")
    return minimize_command(options, *context, console);
  if (options.text.empty())
    return usage_error(console, "sddl " + options.action + ": expected a text");
  if (options.action == "lint")
    return lint(options, *context, console);
  if (options.action == "from-binary")
    return from_binary(options, *context, console);
  return convert(options, *context, console);
}

} // namespace ringfence::cli
