#include <ringfence/security/acl.h>

#include <algorithm>

namespace ringfence::security {
namespace {

constexpr std::uint32_t object_type_present = 1;
constexpr std::uint32_t inherited_object_type_present = 2;

void append_u16(std::vector<std::byte> &out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value & 0xff));
  out.push_back(static_cast<std::byte>(value >> 8 & 0xff));
}
void append_u32(std::vector<std::byte> &out, std::uint32_t value) {
  append_u16(out, value & 0xffff);
  append_u16(out, value >> 16);
}

Guid read_guid(Cursor &cursor) {
  Guid guid;
  for (std::uint8_t &byte : guid.bytes)
    byte = cursor.u8();
  return guid;
}

// Fills `ace` from the bytes after its header.
Status read_body(const SpanReader &body, Ace &ace) {
  Cursor cursor(body);
  if (has_known_layout(ace.type)) {
    ace.mask = cursor.u32();
    if (is_object_ace(ace.type)) {
      const std::uint32_t present = cursor.u32();
      if (present & object_type_present)
        ace.object_type = read_guid(cursor);
      if (present & inherited_object_type_present)
        ace.inherited_object_type = read_guid(cursor);
    }
    auto sid = read_sid(cursor);
    if (!sid)
      return sid.error();
    ace.sid = *sid;
  }
  const Bytes rest = cursor.bytes(cursor.remaining());
  ace.application_data.assign(rest.begin(), rest.end());
  return {};
}

// 0 explicit deny, 1 explicit allow and everything else explicit, 2 inherited.
int canonical_rank(const Ace &ace) {
  if (ace.flags & ace_flag::inherited)
    return 2;
  switch (ace.type) {
  case AceType::deny:
  case AceType::deny_object:
  case AceType::deny_callback:
  case AceType::deny_callback_object:
    return 0;
  default:
    return 1;
  }
}

Sid replace_creator(const Sid &sid, const InheritanceRequest &request) {
  if (sid == sids::creator_owner)
    return request.owner;
  if (sid == sids::creator_group)
    return request.group;
  return sid;
}

} // namespace

bool has_known_layout(AceType type) {
  return static_cast<std::uint8_t>(type) <= static_cast<std::uint8_t>(AceType::access_filter) &&
         type != AceType::allow_compound;
}

bool is_object_ace(AceType type) {
  switch (type) {
  case AceType::allow_object:
  case AceType::deny_object:
  case AceType::audit_object:
  case AceType::alarm_object:
  case AceType::allow_callback_object:
  case AceType::deny_callback_object:
  case AceType::audit_callback_object:
  case AceType::alarm_callback_object:
    return true;
  default:
    return false;
  }
}

bool is_callback_ace(AceType type) { return type >= AceType::allow_callback && type <= AceType::alarm_callback_object; }

std::size_t binary_size(const Ace &ace) {
  std::size_t size = 4 + ace.application_data.size();
  if (has_known_layout(ace.type))
    size += 4 + ace.sid.size();
  if (is_object_ace(ace.type))
    size += 4 + (ace.object_type ? 16u : 0u) + (ace.inherited_object_type ? 16u : 0u);
  return size;
}

std::size_t binary_size(const Acl &acl) {
  std::size_t size = 8 + acl.trailing.size();
  for (const Ace &ace : acl.aces)
    size += binary_size(ace);
  return size;
}

Result<Acl> read_acl(const SpanReader &reader) {
  Cursor header(reader);
  Acl acl;
  acl.revision = header.u8();
  header.u8();
  const std::uint16_t size = header.u16();
  const std::uint16_t count = header.u16();
  header.u16();
  if (!header.ok())
    return header.error("an ACL header");
  if (acl.revision < 2 || acl.revision > 4)
    return Error{ErrorCode::malformed, reader.base(),
                 "expected ACL revision 2 to 4, found " + std::to_string(acl.revision)};
  const auto whole = reader.slice(0, size);
  if (!whole || size < 8)
    return Error{ErrorCode::truncated, reader.base(), "expected an ACL of " + std::to_string(size) + " bytes"};
  Cursor cursor(*whole);
  cursor.skip(8);
  for (unsigned i = 0; i < count; ++i) {
    const std::uint64_t at = cursor.position();
    Ace ace;
    ace.type = static_cast<AceType>(cursor.u8());
    ace.flags = cursor.u8();
    const std::uint16_t ace_size = cursor.u16();
    if (!cursor.ok())
      return cursor.error("ACE " + std::to_string(i));
    if (ace_size < 4 || ace_size % 4 != 0 || !whole->contains(at, ace_size))
      return Error{ErrorCode::malformed, whole->base() + at,
                   "expected an ACE size that is a multiple of 4 within the ACL, found " + std::to_string(ace_size)};
    if (const Status status = read_body(*whole->slice(at + 4, ace_size - 4u), ace); !status)
      return status.error();
    cursor.skip(ace_size - 4u);
    acl.aces.push_back(std::move(ace));
  }
  const Bytes rest = cursor.bytes(cursor.remaining());
  acl.trailing.assign(rest.begin(), rest.end());
  return acl;
}

Status append(std::vector<std::byte> &out, const Acl &acl) {
  const std::size_t size = binary_size(acl);
  if (size > 0xffff || acl.aces.size() > 0xffff)
    return Error{ErrorCode::limit, 0, "an ACL holds at most 65535 bytes, this one needs " + std::to_string(size)};
  out.push_back(std::byte{acl.revision});
  out.push_back(std::byte{0});
  append_u16(out, size);
  append_u16(out, acl.aces.size());
  append_u16(out, 0);
  for (const Ace &ace : acl.aces) {
    out.push_back(static_cast<std::byte>(ace.type));
    out.push_back(std::byte{ace.flags});
    append_u16(out, binary_size(ace));
    if (has_known_layout(ace.type)) {
      append_u32(out, ace.mask);
      if (is_object_ace(ace.type)) {
        append_u32(out, (ace.object_type ? object_type_present : 0) |
                            (ace.inherited_object_type ? inherited_object_type_present : 0));
        if (ace.object_type)
          append(out, *ace.object_type);
        if (ace.inherited_object_type)
          append(out, *ace.inherited_object_type);
      }
      append(out, ace.sid);
    }
    out.insert(out.end(), ace.application_data.begin(), ace.application_data.end());
  }
  out.insert(out.end(), acl.trailing.begin(), acl.trailing.end());
  return {};
}

std::uint8_t revision_for(const std::vector<Ace> &aces) {
  return std::ranges::any_of(aces, [](const Ace &ace) { return is_object_ace(ace.type); }) ? 4 : 2;
}

bool is_canonical(const Acl &acl) { return std::ranges::is_sorted(acl.aces, {}, canonical_rank); }

Acl canonical(const Acl &acl) {
  Acl sorted = acl;
  sorted.aces.clear();
  for (const int rank : {0, 1, 2})
    for (const Ace &ace : acl.aces)
      if (canonical_rank(ace) == rank)
        sorted.aces.push_back(ace);
  return sorted;
}

Acl inherit(const Acl &parent, const InheritanceRequest &request) {
  Acl child;
  for (const Ace &ace : parent.aces) {
    const bool to_container = (ace.flags & ace_flag::container_inherit) != 0;
    const bool to_object = (ace.flags & ace_flag::object_inherit) != 0;
    const bool propagates = !(ace.flags & ace_flag::no_propagate);
    const bool type_matches = !ace.inherited_object_type || ace.inherited_object_type == request.child_type;
    const bool effective = (request.child_is_container ? to_container : to_object) && type_matches;
    const bool passes_on = request.child_is_container && propagates && (to_container || to_object);
    if (!effective && !passes_on)
      continue;
    Ace here = ace;
    here.flags = static_cast<std::uint8_t>((ace.flags & ~0x1f) | ace_flag::inherited);
    const Sid sid = replace_creator(ace.sid, request);
    const AccessMask mask = request.mapping.map(ace.mask);
    const auto inheritance =
        static_cast<std::uint8_t>(ace.flags & (ace_flag::object_inherit | ace_flag::container_inherit));
    const bool unchanged = sid == ace.sid && mask == ace.mask;
    if (effective && (!passes_on || !unchanged)) {
      Ace own = here;
      own.sid = sid;
      own.mask = mask;
      if (request.child_type && own.inherited_object_type == request.child_type)
        own.inherited_object_type.reset();
      child.aces.push_back(std::move(own));
    }
    if (passes_on) {
      // One entry serves both purposes unless mapping or replacement changed what applies here.
      here.flags |= inheritance;
      if (!effective || !unchanged)
        here.flags |= ace_flag::inherit_only;
      child.aces.push_back(std::move(here));
    }
  }
  child.revision = revision_for(child.aces);
  return child;
}

} // namespace ringfence::security
