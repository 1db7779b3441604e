#include <ringfence/cli/access_command.h>

#include <ringfence/base/text.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/security_input.h>
#include <ringfence/document/document.h>
#include <ringfence/security/reach.h>

#include <algorithm>

namespace ringfence::cli {
namespace {

using namespace security;

constexpr std::string_view usual_tokens[] = {"system",    "admin",        "local-service", "network-service",
                                             "user",      "network-user", "user-low",      "guest",
                                             "anonymous", "appcontainer"};

struct Setting {
  SidContext context;
  EffectiveDescriptor effective;
  DeviceObject device;
  std::vector<Token> tokens;
  std::vector<OpenRoute> routes;
  std::vector<std::optional<ControlCode>> codes;
};

Result<DescriptorSources> sources_of(const AccessOptions &options) {
  DescriptorSources sources;
  const auto type = device_type_from_text(options.device_type);
  if (!type)
    return Error{ErrorCode::invalid, 0,
                 "--device-type: expected a number or FILE_DEVICE_..., found '" + options.device_type + "'"};
  const auto characteristics = characteristics_from_text(options.characteristics);
  if (!characteristics)
    return Error{ErrorCode::invalid, 0,
                 "--characteristics: expected a number or FILE_DEVICE_SECURE_OPEN and the like, found '" +
                     options.characteristics + "'"};
  sources.device_type = *type;
  sources.characteristics = *characteristics;
  if (ascii_iequals(options.created_by, "WDF"))
    sources.created_by = CreationRoutine::wdf;
  else if (ascii_iequals(options.created_by, "IoCreateDeviceSecure"))
    sources.created_by = CreationRoutine::io_create_device_secure;
  sources.code = options.sddl;
  sources.class_registry = options.class_sddl;
  sources.device_registry = options.registry_sddl;
  return sources;
}

Status load_lists(const AccessOptions &options, Setting &setting) {
  std::vector<std::string> names = options.tokens;
  if (names.empty())
    names.assign(std::begin(usual_tokens), std::end(usual_tokens));
  for (const std::string &name : names) {
    auto token = load_token(name, setting.context);
    if (!token)
      return token.error();
    setting.tokens.push_back(std::move(*token));
  }
  for (const std::string &name : options.routes) {
    const auto route = open_route_from_name(name);
    if (!route)
      return Error{ErrorCode::invalid, 0, "--route: expected direct, trailing or relative, found '" + name + "'"};
    setting.routes.push_back(*route);
  }
  if (setting.routes.empty())
    setting.routes = {OpenRoute::direct, OpenRoute::trailing_name};
  for (const std::string &text : options.codes) {
    const auto code = control_code_from_text(text);
    if (!code)
      return Error{ErrorCode::invalid, 0,
                   "--ioctl: expected a number, a public name or CTL_CODE(...), found '" + text + "'"};
    setting.codes.push_back(*code);
  }
  if (setting.codes.empty())
    setting.codes.push_back(std::nullopt);
  return {};
}

Result<Setting> load(const AccessOptions &options) {
  Setting setting;
  const auto context = sid_context(options.machine_sid, options.domain_sid);
  if (!context)
    return context.error();
  setting.context = *context;
  const auto sources = sources_of(options);
  if (!sources)
    return sources.error();
  auto effective = effective_descriptor(*sources, setting.context);
  if (!effective)
    return effective.error();
  setting.effective = std::move(*effective);
  setting.device.device_type = sources->device_type;
  setting.device.characteristics = setting.effective.characteristics;
  setting.device.descriptor = setting.effective.descriptor;
  setting.device.names = options.names == "accepts"   ? NamePolicy::accepts
                         : options.names == "rejects" ? NamePolicy::rejects
                                                      : NamePolicy::unknown;
  if (const Status status = load_lists(options, setting); !status)
    return status.error();
  return setting;
}

std::string code_text(const std::optional<ControlCode> &code) { return code ? hex(code->value, 8) : "open"; }

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.append(out.size() < width ? width - out.size() : 1, ' ');
  return out;
}

void add_row(std::string &text, const Token &token, OpenRoute route, const std::optional<ControlCode> &code,
             const ReachabilityResult &result) {
  text += padded(token.name, 18) + padded(name_of(route), 10) + padded(code_text(code), 12) +
          padded(name_of(result.answer), 16) + padded(mask_text(result.granted), 12);
  if (result.answer != Answer::no && !result.through_create_file)
    text += "NtCreateFile only: ";
  text += result.why + "\n";
}

Value row_value(const Token &token, OpenRoute route, const std::optional<ControlCode> &code,
                const ReachabilityResult &result) {
  return Value::object({{"token", Value(token.name)},
                        {"route", Value(name_of(route))},
                        {"code", Value(code_text(code))},
                        {"answer", Value(name_of(result.answer))},
                        {"granted", Value(mask_text(result.granted))},
                        {"create_file", Value(result.through_create_file)},
                        {"why", Value(result.why)}});
}

Value reach_value(const Reach &reach, const std::optional<ControlCode> &code) {
  return Value::object({{"code", Value(code_text(code))},
                        {"reach", Value(name_of(reach.reach))},
                        {"low_integrity", Value(reach.low_integrity)},
                        {"reach_why", Value(reach.why)}});
}

std::string heading(const Setting &setting) {
  const std::string_view type = device_type_name(setting.device.device_type);
  std::string text = "device        " + (type.empty() ? hex(setting.device.device_type) : std::string(type)) + ", " +
                     describe_characteristics(setting.device.characteristics) + "\n";
  text += "descriptor    " + setting.effective.sddl + "\n";
  text += "              from " + std::string(name_of(setting.effective.source)) + ": " + setting.effective.why + "\n";
  return text;
}

int device_report(const AccessOptions &options, const Console &console) {
  const auto setting = load(options);
  if (!setting)
    return usage_error(console, setting.error().what);
  const bool json = options.format == "json";
  std::string text = heading(*setting);
  Value reaches = Value::array();
  for (const auto &code : setting->codes) {
    const Reach reach = reach_of(setting->device, code, setting->context);
    text += padded("reach", 14) + padded(code_text(code), 12) + std::string(name_of(reach.reach)) +
            (reach.low_integrity ? ", from Low integrity on" : "") + " (" + reach.why + ")\n";
    reaches.push(reach_value(reach, code));
  }
  text += "\n" + padded("token", 18) + padded("route", 10) + padded("code", 12) + padded("answer", 16) +
          padded("handle", 12) + "because\n";
  Value rows = Value::array();
  for (const Token &token : setting->tokens)
    for (const OpenRoute route : setting->routes)
      for (const auto &code : setting->codes) {
        const ReachabilityResult result = can_send(setting->device, token, route, code, setting->context);
        add_row(text, token, route, code, result);
        if (json)
          rows.push(row_value(token, route, code, result));
      }
  if (json)
    text = document::write_json(Value::object({{"device_type", Value(setting->device.device_type)},
                                               {"characteristics", Value(setting->device.characteristics)},
                                               {"sddl", Value(setting->effective.sddl)},
                                               {"sddl_source", Value(name_of(setting->effective.source))},
                                               {"reach", reaches},
                                               {"rows", rows}})) +
           "\n";
  print(console.out, text);
  return exit_passed;
}

Value reason_value(const AccessReason &reason, const std::string &sentence) {
  return Value::object({{"by", Value(name_of(reason.by))},
                        {"bits", Value(mask_text(reason.bits))},
                        {"granted", Value(reason.granted)},
                        {"ace", Value(reason.ace)},
                        {"text", Value(sentence)}});
}

// A plain access check: a descriptor, tokens, rights.
int check_report(const AccessOptions &options, const Console &console) {
  const auto setting = load(options);
  if (!setting)
    return usage_error(console, setting.error().what);
  const ObjectType *type = find_object_type(options.object_type);
  if (!type)
    return usage_error(console, "--object-type: '" + printable(options.object_type) + "' is not a kernel object type");
  const auto desired = mask_from_text(*options.desired, *type);
  if (!desired)
    return usage_error(console,
                       "--desired: expected a mask or names of rights, found '" + printable(*options.desired) + "'");
  std::string text = "descriptor    " + setting->effective.sddl + "\n";
  Value list = Value::array();
  for (const Token &token : setting->tokens) {
    AccessRequest request;
    request.desired = *desired;
    request.mapping = type->mapping;
    AccessExplanation explanation;
    const AccessResult result = check_access(setting->effective.descriptor, token, request, &explanation);
    text += "\n" + token.name + ": " + std::string(name_of(result.status)) + ", " + mask_text(result.granted) + " " +
            describe(result.granted, *type) + "\n";
    Value reasons = Value::array();
    for (const AccessReason &reason : explanation.reasons) {
      const std::string sentence = describe(reason, setting->effective.descriptor, *type, setting->context);
      text += "  " + sentence + "\n";
      reasons.push(reason_value(reason, sentence));
    }
    list.push(Value::object({{"token", Value(token.name)},
                             {"status", Value(name_of(result.status))},
                             {"granted", Value(mask_text(result.granted))},
                             {"reasons", reasons}}));
  }
  print(console.out, options.format == "json" ? document::write_json(list) + "\n" : text);
  return exit_passed;
}

} // namespace

int run_access(const AccessOptions &options, const Console &console) {
  if (options.list_tokens) {
    for (const TokenPreset &preset : token_presets())
      print(console.out, padded(preset.name, 18) + std::string(preset.meaning) + "\n");
    return exit_passed;
  }
  if (options.vectors)
    return run_vectors(*options.vectors, console);
  return options.desired ? check_report(options, console) : device_report(options, console);
}

} // namespace ringfence::cli
