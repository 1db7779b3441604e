#include <ringfence/cli/security_input.h>

#include <ringfence/base/text.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>
#include <ringfence/document/document.h>
#include <ringfence/security/device.h>

namespace ringfence::cli {

Result<security::SidContext> sid_context(const std::string &machine, const std::string &domain) {
  security::SidContext context;
  if (!machine.empty()) {
    const auto sid = security::parse_sid(machine);
    if (!sid)
      return sid.error();
    context.machine = *sid;
  }
  if (!domain.empty()) {
    const auto sid = security::parse_sid(domain);
    if (!sid)
      return sid.error();
    context.domain = *sid;
    context.forest = *sid;
  }
  return context;
}

std::string resolve_devobj(const std::string &text) {
  const auto *found = security::find_devobj_string(text);
  return found ? std::string(found->sddl) : text;
}

Result<security::Token> load_token(const std::string &text, const security::SidContext &context) {
  if (auto preset = security::token_from_preset(text))
    return *preset;
  const auto bytes = read_file(text);
  if (!bytes)
    return Error{ErrorCode::not_found, 0,
                 "'" + printable(text) +
                     "' is neither a token preset (ringfence access --list-tokens) nor a file: " + bytes.error().what};
  const std::string_view content(reinterpret_cast<const char *>(bytes->data()), bytes->size());
  const auto value = trim(content).starts_with('{') ? document::parse_json(content) : document::parse_toml(content);
  if (!value)
    return value.error();
  auto token = security::token_from_value(*value, context);
  if (token && token->name.empty())
    token->name = text;
  return token;
}

int usage_error(const Console &console, std::string_view what) {
  print(console.err, "ringfence: " + std::string(what) + "\n");
  return exit_usage;
}

std::string mask_text(security::AccessMask mask) { return hex(mask, 8); }

} // namespace ringfence::cli
