#include <ringfence/security/security_descriptor.h>

#include <ringfence/base/text.h>
#include <ringfence/security/claim.h>
#include <ringfence/security/condition.h>
#include <ringfence/security/sddl_words.h>

namespace ringfence::security {
namespace {

Status read_optional_sid(const SpanReader &reader, std::uint32_t offset, std::optional<Sid> &out) {
  if (!offset)
    return {};
  const auto part = offset <= reader.size() ? reader.slice(offset, reader.size() - offset) : std::nullopt;
  if (!part)
    return Error{ErrorCode::truncated, offset, "expected a SID within the descriptor"};
  Cursor cursor(*part);
  auto sid = read_sid(cursor);
  if (!sid)
    return sid.error();
  out = *sid;
  return {};
}

Status read_optional_acl(const SpanReader &reader, std::uint32_t offset, bool present, std::optional<Acl> &out) {
  // Windows ignores an offset whose present bit is clear.
  if (!offset || !present)
    return {};
  const auto part = offset <= reader.size() ? reader.slice(offset, reader.size() - offset) : std::nullopt;
  if (!part)
    return Error{ErrorCode::truncated, offset, "expected an ACL within the descriptor"};
  auto acl = read_acl(*part);
  if (!acl)
    return acl.error();
  out = std::move(*acl);
  return {};
}

void put_u32(std::vector<std::byte> &out, std::size_t at, std::size_t value) {
  for (unsigned i = 0; i < 4; ++i)
    out[at + i] = static_cast<std::byte>(value >> 8 * i & 0xff);
}

void remark_acl(const Acl &acl, bool system, std::vector<DescriptorRemark> &remarks) {
  const std::string where = system ? "SACL" : "DACL";
  if (revision_for(acl.aces) > acl.revision)
    remarks.push_back({where + " has revision " + std::to_string(acl.revision) + " but holds object ACEs"});
  if (!system && !is_canonical(acl))
    remarks.push_back({"DACL is not in canonical order (explicit deny, explicit allow, inherited)"});
  for (std::size_t i = 0; i < acl.aces.size(); ++i) {
    const Ace &ace = acl.aces[i];
    const std::string name = where + " ACE " + std::to_string(i);
    const AceTypeWord *word = find_ace_type(ace.type);
    if (!has_known_layout(ace.type))
      remarks.push_back({name + " has the unknown type " + hex(static_cast<std::uint8_t>(ace.type), 2)});
    else if (word && word->system != system)
      remarks.push_back({name + " of type " + std::string(word->code) + " belongs in the other ACL"});
    if (is_callback_ace(ace.type) || ace.type == AceType::access_filter) {
      if (const auto condition = parse_condition_binary(ace.application_data); !condition)
        remarks.push_back({name + " has a malformed condition: " + condition.error().what});
    } else if (ace.type == AceType::resource_attribute) {
      if (const auto claim = parse_claim_binary(ace.application_data); !claim)
        remarks.push_back({name + " has a malformed resource attribute: " + claim.error().what});
    }
  }
  if (!acl.trailing.empty())
    remarks.push_back({where + " has " + std::to_string(acl.trailing.size()) + " unused bytes after its last ACE"});
}

} // namespace

Result<SecurityDescriptor> parse_security_descriptor(Bytes bytes) {
  const SpanReader reader(bytes);
  Cursor cursor(reader);
  SecurityDescriptor descriptor;
  const std::uint8_t revision = cursor.u8();
  descriptor.resource_manager = cursor.u8();
  descriptor.control = cursor.u16();
  const std::uint32_t owner = cursor.u32();
  const std::uint32_t group = cursor.u32();
  const std::uint32_t sacl = cursor.u32();
  const std::uint32_t dacl = cursor.u32();
  if (!cursor.ok())
    return cursor.error("a security descriptor header of 20 bytes");
  if (revision != 1)
    return Error{ErrorCode::malformed, 0, "expected security descriptor revision 1, found " + std::to_string(revision)};
  if (!(descriptor.control & control::self_relative))
    return Error{ErrorCode::unsupported, 2, "expected SE_SELF_RELATIVE: an absolute descriptor holds pointers"};
  if (const Status status = read_optional_sid(reader, owner, descriptor.owner); !status)
    return status.error();
  if (const Status status = read_optional_sid(reader, group, descriptor.group); !status)
    return status.error();
  if (const Status status = read_optional_acl(reader, sacl, descriptor.sacl_present(), descriptor.sacl); !status)
    return status.error();
  if (const Status status = read_optional_acl(reader, dacl, descriptor.dacl_present(), descriptor.dacl); !status)
    return status.error();
  return descriptor;
}

Result<std::vector<std::byte>> write_security_descriptor(const SecurityDescriptor &descriptor) {
  std::vector<std::byte> out(20);
  const std::uint16_t word = descriptor.control | control::self_relative;
  out[0] = std::byte{1};
  out[1] = std::byte{descriptor.resource_manager};
  out[2] = static_cast<std::byte>(word & 0xff);
  out[3] = static_cast<std::byte>(word >> 8);
  const auto put_acl = [&](std::size_t field, bool present, const std::optional<Acl> &acl) -> Status {
    if (!present || !acl)
      return {};
    put_u32(out, field, out.size());
    return append(out, *acl);
  };
  const auto put_sid = [&](std::size_t field, const std::optional<Sid> &sid) {
    if (!sid)
      return;
    put_u32(out, field, out.size());
    append(out, *sid);
  };
  if (const Status status = put_acl(12, descriptor.sacl_present(), descriptor.sacl); !status)
    return status.error();
  if (const Status status = put_acl(16, descriptor.dacl_present(), descriptor.dacl); !status)
    return status.error();
  put_sid(4, descriptor.owner);
  put_sid(8, descriptor.group);
  return out;
}

std::vector<DescriptorRemark> validate(const SecurityDescriptor &descriptor) {
  std::vector<DescriptorRemark> remarks;
  if (!descriptor.owner)
    remarks.push_back({"no owner: NtAccessCheck refuses such a descriptor"});
  if (!descriptor.group)
    remarks.push_back({"no group: NtAccessCheck refuses such a descriptor"});
  if (!descriptor.dacl_present())
    remarks.push_back({"no DACL: everybody gets everything"});
  else if (descriptor.null_dacl())
    remarks.push_back({"null DACL: everybody gets everything"});
  if (descriptor.dacl)
    remark_acl(*descriptor.dacl, false, remarks);
  if (descriptor.sacl)
    remark_acl(*descriptor.sacl, true, remarks);
  return remarks;
}

SecurityDescriptor assign_security(const SecurityDescriptor &explicit_descriptor, const Sid &owner, const Sid &group,
                                   const GenericMapping &mapping) {
  SecurityDescriptor assigned = explicit_descriptor;
  if (!assigned.owner)
    assigned.owner = owner;
  if (!assigned.group)
    assigned.group = group;
  if (!assigned.dacl)
    return assigned;
  for (Ace &ace : assigned.dacl->aces) {
    if (!has_known_layout(ace.type) || ace.inherit_only())
      continue;
    ace.mask = mapping.map(ace.mask) & (mapping.all | access::system_security);
    if (ace.sid == sids::creator_owner)
      ace.sid = *assigned.owner;
    else if (ace.sid == sids::creator_group)
      ace.sid = *assigned.group;
  }
  return assigned;
}

} // namespace ringfence::security
