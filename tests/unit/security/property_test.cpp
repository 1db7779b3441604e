// Properties over generated descriptors and tokens. The generator is seeded: a failure repeats.
#include <ringfence/security/access_check.h>
#include <ringfence/security/sddl.h>

#include <gtest/gtest.h>

#include <random>

namespace ringfence::security {
namespace {

using namespace access;

class Generator {
public:
  explicit Generator(unsigned seed) : random_(seed) {}
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  bool one_in(unsigned n) { return below(n) == 0; }

  Sid sid() {
    const auto aliases = sid_aliases();
    if (one_in(3))
      return make_sid(5, {21, 1, 2, 3, 1000 + below(4)});
    return *sid_from_alias(aliases[below(static_cast<unsigned>(aliases.size()))].code, {});
  }
  Sid common_sid() {
    constexpr Sid list[] = {sids::everyone,   sids::users,          sids::authenticated_users,      sids::interactive,
                            sids::restricted, sids::administrators, sids::all_application_packages, sids::owner_rights};
    return list[below(8)];
  }
  AccessMask mask() {
    AccessMask mask = 0;
    for (unsigned i = below(6); i-- > 0;)
      mask |= AccessMask{1} << (one_in(6) ? 28 + below(4) : below(21));
    return mask;
  }
  Ace ace() {
    Ace ace;
    ace.type = one_in(3) ? AceType::deny : AceType::allow;
    ace.flags = one_in(8) ? static_cast<std::uint8_t>(below(32)) : 0;
    ace.mask = mask();
    ace.sid = one_in(3) ? sid() : common_sid();
    if (one_in(10)) {
      ace.type = one_in(2) ? AceType::allow_object : AceType::deny_object;
      ace.object_type = Guid{{static_cast<std::uint8_t>(below(3)), 7}};
    }
    return ace;
  }
  SecurityDescriptor descriptor() {
    SecurityDescriptor sd;
    sd.owner = one_in(4) ? make_sid(5, {21, 1, 2, 3, 1001}) : sid();
    sd.group = sid();
    if (!one_in(20)) {
      Acl acl;
      for (unsigned i = below(8); i-- > 0;)
        acl.aces.push_back(ace());
      acl.revision = revision_for(acl.aces);
      sd.set_dacl(std::move(acl));
    }
    if (sd.dacl && one_in(2))
      sd.control |= control::dacl_protected;
    return sd;
  }
  Token token() {
    constexpr std::string_view names[] = {"user",         "admin", "user-low",     "restricted",
                                          "appcontainer", "guest", "local-service"};
    Token token = *token_from_preset(names[below(7)]);
    token.user = make_sid(5, {21, 1, 2, 3, 1000 + below(4)});
    return token;
  }

private:
  std::mt19937 random_;
};

AccessMask granted(const SecurityDescriptor &sd, const Token &token) {
  AccessRequest request;
  request.desired = maximum_allowed;
  return check_access(sd, token, request).granted;
}

TEST(Properties, TextIsCanonicalAndStableAndBinaryIsExact) {
  Generator generate(1);
  for (int i = 0; i < 20000; ++i) {
    const SecurityDescriptor sd = generate.descriptor();
    const auto bytes = write_security_descriptor(sd);
    ASSERT_TRUE(bytes);
    const auto back = parse_security_descriptor(*bytes);
    ASSERT_TRUE(back);
    ASSERT_EQ(*back, sd);
    ASSERT_EQ(*write_security_descriptor(*back), *bytes);
    const auto text = format_sddl(sd);
    ASSERT_TRUE(text);
    const auto parsed = parse_sddl(*text);
    ASSERT_TRUE(parsed) << *text << parsed.error().what;
    ASSERT_EQ(parsed->descriptor, sd) << *text;
    ASSERT_EQ(*format_sddl(parsed->descriptor), *text);
  }
}

TEST(Properties, MaximumIsWhatCanBeAskedBitByBit) {
  Generator generate(2);
  for (int i = 0; i < 5000; ++i) {
    const SecurityDescriptor sd = generate.descriptor();
    Token token = generate.token();
    // WRITE_OWNER by privilege is granted only to who names it.
    token.privileges = {Privilege::change_notify};
    AccessMask one_by_one = 0;
    for (unsigned bit = 0; bit < 21; ++bit) {
      AccessRequest request;
      request.desired = AccessMask{1} << bit;
      one_by_one |= check_access(sd, token, request).granted;
    }
    const AccessMask most = granted(sd, token);
    ASSERT_EQ(most & 0x1fffff, sd.dacl ? one_by_one : one_by_one & file_all_access);
  }
}

TEST(Properties, RestrictingATokenNeverGains) {
  Generator generate(3);
  for (int i = 0; i < 20000; ++i) {
    const SecurityDescriptor sd = generate.descriptor();
    const Token token = generate.token();
    const Sid deny[] = {generate.common_sid(), generate.common_sid()};
    const Sid restricting[] = {generate.common_sid(), generate.common_sid(), generate.sid()};
    const Token denied = restrict_token(token, deny, {});
    const Token restricted = restrict_token(token, {}, restricting);
    const AccessMask before = granted(sd, token);
    ASSERT_EQ(granted(sd, denied) & ~before, 0u) << *format_sddl(sd);
    ASSERT_EQ(granted(sd, restricted) & ~before, 0u) << *format_sddl(sd);
    ASSERT_EQ(granted(sd, restrict_token(restricted, deny, restricting)) & ~granted(sd, restricted), 0u);
  }
}

TEST(Properties, ADenialNeverGrants) {
  Generator generate(4);
  for (int i = 0; i < 20000; ++i) {
    SecurityDescriptor sd = generate.descriptor();
    if (!sd.dacl)
      continue;
    const Token token = generate.token();
    const AccessMask before = granted(sd, token);
    Ace denial = generate.ace();
    denial.type = AceType::deny;
    denial.object_type.reset();
    const auto at = static_cast<std::ptrdiff_t>(generate.below(static_cast<unsigned>(sd.dacl->aces.size()) + 1));
    const std::string text = *format_sddl(sd);
    sd.dacl->aces.insert(sd.dacl->aces.begin() + at, denial);
    ASSERT_EQ(granted(sd, token) & ~before, 0u) << text << " -> " << *format_sddl(sd);
  }
}

TEST(Properties, DuplicationNeverAdds) {
  Generator generate(5);
  for (int i = 0; i < 20000; ++i) {
    const AccessMask held = file_mapping.map(generate.mask());
    for (const bool same : {false, true})
      if (const auto copy = duplicate_handle(held, generate.mask(), same)) {
        ASSERT_EQ(*copy & ~held, 0u);
      }
  }
}

TEST(Properties, InheritanceIsIdempotentOnLeaves) {
  Generator generate(6);
  for (int i = 0; i < 5000; ++i) {
    const SecurityDescriptor sd = generate.descriptor();
    if (!sd.dacl)
      continue;
    InheritanceRequest request;
    request.owner = sids::system;
    request.group = sids::administrators;
    const Acl leaf = inherit(*sd.dacl, request);
    for (const Ace &ace : leaf.aces) {
      ASSERT_TRUE(ace.flags & ace_flag::inherited);
      ASSERT_FALSE(ace.flags & (ace_flag::object_inherit | ace_flag::container_inherit | ace_flag::inherit_only));
      ASSERT_EQ(ace.mask & generic_bits, 0u);
    }
    ASSERT_TRUE(inherit(leaf, request).aces.empty());
    ASSERT_TRUE(is_canonical(canonical(*sd.dacl)));
  }
}

} // namespace
} // namespace ringfence::security
