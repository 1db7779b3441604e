// A line filter around the security room, for differential tests. Fields are separated by tabs.
//   in:  sddl, user SID, groups (SIDs, comma), privileges (names, comma), desired mask (hexadecimal)
//   out: status name, granted mask, canonical SDDL, self-relative descriptor in hexadecimal; or "error", reason
#include <ringfence/base/text.h>
#include <ringfence/security/access_check.h>
#include <ringfence/security/sddl.h>

#include <cstdio>
#include <string>

using namespace ringfence;
using namespace ringfence::security;

namespace {

Result<Token> token_of(std::string_view user, std::string_view groups, std::string_view privileges) {
  Token token;
  token.integrity = 0x4000; // the other side knows no labels
  const auto sid = sid_from_text(user, {});
  if (!sid)
    return sid.error();
  token.user = *sid;
  for (const std::string_view text : split(groups, ','))
    if (!text.empty()) {
      const auto group = sid_from_text(text, {});
      if (!group)
        return group.error();
      token.groups.push_back({*group, group_attribute::usual});
    }
  for (const std::string_view text : split(privileges, ','))
    if (const auto privilege = privilege_from_name(text))
      token.privileges.add(*privilege);
  return token;
}

std::string answer(std::string_view line) {
  const auto fields = split(line, '\t');
  if (fields.size() != 5)
    return "error\texpected five fields";
  const auto parsed = parse_sddl(fields[0], {SddlMode::windows, {}});
  if (!parsed)
    return "error\t" + parsed.error().what;
  const auto token = token_of(fields[1], fields[2], fields[3]);
  if (!token)
    return "error\t" + token.error().what;
  AccessRequest request;
  request.desired = static_cast<AccessMask>(parse_unsigned(fields[4]).value_or(0));
  const AccessResult result = check_access(parsed->descriptor, *token, request);
  const auto text = format_sddl(parsed->descriptor);
  const auto bytes = write_security_descriptor(parsed->descriptor);
  return std::string(name_of(result.status)) + "\t" + hex(result.granted) + "\t" + (text ? *text : "") + "\t" +
         (bytes ? hex_bytes(*bytes) : "");
}

} // namespace

int main() {
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    std::puts(answer(line).c_str());
    line.clear();
  }
  return 0;
}
