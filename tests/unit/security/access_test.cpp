#include <ringfence/security/access_check.h>
#include <ringfence/security/sddl.h>

#include <gtest/gtest.h>

#include <array>

namespace ringfence::security {
namespace {

using namespace access;

constexpr Sid jim = make_sid(5, {21, 1, 2, 3, 1001});
constexpr Sid accounting = make_sid(5, {21, 1, 2, 3, 2001});
constexpr Sid legal = make_sid(5, {21, 1, 2, 3, 2002});
constexpr Sid sales = make_sid(5, {21, 1, 2, 3, 2003});
constexpr AccessMask r = 1, w = 2, append_ = 4, d = 0x10000;

SecurityDescriptor sddl(std::string_view text) {
  const auto parsed = parse_sddl(text);
  EXPECT_TRUE(parsed) << text;
  return parsed->descriptor;
}

Token user(std::vector<TokenGroup> groups = {{sids::everyone}, {sids::users}, {sids::authenticated_users}}) {
  Token token;
  token.user = jim;
  token.groups = std::move(groups);
  return token;
}

AccessResult ask(const SecurityDescriptor &sd, const Token &token, AccessMask desired,
                 AccessExplanation *why = nullptr) {
  AccessRequest request;
  request.desired = desired;
  return check_access(sd, token, request, why);
}
AccessMask maximum(const SecurityDescriptor &sd, const Token &token) { return ask(sd, token, maximum_allowed).granted; }

Ace entry(AceType type, AccessMask mask, const Sid &sid) {
  Ace ace;
  ace.type = type;
  ace.mask = mask;
  ace.sid = sid;
  return ace;
}

// "Windows security model for driver developers": the sample ACL.
SecurityDescriptor sample(bool legal_first) {
  Acl acl;
  const Ace denial = entry(AceType::deny, append_ | w | d, legal);
  if (legal_first)
    acl.aces.push_back(denial);
  acl.aces.push_back(entry(AceType::allow, w | d, accounting));
  acl.aces.push_back(entry(AceType::allow, append_, sales));
  if (!legal_first)
    acl.aces.push_back(denial);
  acl.aces.push_back(entry(AceType::allow, r, sids::everyone));
  SecurityDescriptor sd;
  sd.set_dacl(acl);
  return sd;
}

TEST(AccessCheck, GuidanceExampleOne) {
  const Token token = user({{sids::everyone}, {accounting}, {legal}});
  const SecurityDescriptor sd = sample(false);
  EXPECT_TRUE(ask(sd, token, w | d).ok());
  EXPECT_TRUE(ask(sd, token, r).ok());
  EXPECT_FALSE(ask(sd, token, append_).ok());
  EXPECT_FALSE(ask(sd, token, w | append_).ok());
  EXPECT_EQ(maximum(sd, token), w | d | r);
  const SecurityDescriptor first = sample(true);
  for (const AccessMask denied : {w, append_, d})
    EXPECT_FALSE(ask(first, token, denied).ok());
  EXPECT_TRUE(ask(first, token, r).ok());
}

TEST(AccessCheck, GuidanceExampleTwo) {
  const std::array deny = {jim, accounting, legal};
  const Token token = restrict_token(user({{sids::everyone}, {accounting}, {legal}}), deny, {});
  SecurityDescriptor sd = sample(false);
  sd.owner = jim;
  for (const AccessMask denied : {w, d, append_})
    EXPECT_FALSE(ask(sd, token, denied).ok());
  EXPECT_TRUE(ask(sd, token, r).ok());
  EXPECT_EQ(maximum(sd, token), r);
  EXPECT_FALSE(ask(sd, token, read_control).ok()); // a deny-only owner owns nothing
}

TEST(AccessCheck, ExplainsEachBit) {
  const Token token = user({{sids::everyone}, {accounting}, {legal}});
  AccessExplanation why;
  const SecurityDescriptor sd = sample(false);
  EXPECT_FALSE(ask(sd, token, w | append_, &why).ok());
  ASSERT_EQ(why.reasons.size(), 2u);
  EXPECT_EQ(why.reasons[0].bits, w);
  EXPECT_TRUE(why.reasons[0].granted);
  EXPECT_EQ(why.reasons[0].ace, 0);
  EXPECT_EQ(why.reasons[1].bits, append_);
  EXPECT_FALSE(why.reasons[1].granted);
  EXPECT_EQ(why.reasons[1].ace, 2);
  EXPECT_NE(describe(why.reasons[1], sd, device_type_rights()).find("FILE_APPEND_DATA refused: ACE 2 (D;;"),
            std::string::npos);
}

TEST(AccessCheck, NullEmptyAndAbsentDacl) {
  EXPECT_EQ(ask(sddl("O:BAG:BA"), user(), file_all_access).granted, file_all_access);
  EXPECT_EQ(maximum(sddl("O:BAD:NO_ACCESS_CONTROL"), user()), file_all_access);
  EXPECT_FALSE(ask(sddl("O:BAD:P"), user(), r).ok());
  SecurityDescriptor owned = sddl("D:P");
  owned.owner = jim;
  EXPECT_EQ(maximum(owned, user()), read_control | write_dac);
}

TEST(AccessCheck, OwnerRights) {
  SecurityDescriptor sd = sddl("D:(A;;0x1;;;OW)");
  sd.owner = jim;
  EXPECT_EQ(maximum(sd, user()), 0x1u);
  sd = sddl("D:(A;IO;0x1;;;OW)");
  sd.owner = jim;
  EXPECT_EQ(maximum(sd, user()), read_control | write_dac);
}

TEST(AccessCheck, FirstDecisionCounts) {
  EXPECT_TRUE(ask(sddl("D:(A;;0x1;;;WD)(D;;0x1;;;WD)"), user(), 1).ok());
  EXPECT_FALSE(ask(sddl("D:(D;;0x1;;;WD)(A;;0x1;;;WD)"), user(), 1).ok());
  EXPECT_EQ(maximum(sddl("D:(A;;0x3;;;WD)(D;;0x6;;;WD)(A;;0xc;;;WD)"), user()), 0xbu);
  EXPECT_EQ(ask(sddl("D:(A;;0x3;;;WD)"), user(), maximum_allowed | 4).status, AccessStatus::access_denied);
  EXPECT_TRUE(ask(sddl("D:(A;IO;GA;;;WD)(A;;0x1;;;WD)"), user(), 1).ok());
  EXPECT_FALSE(ask(sddl("D:(A;IO;GA;;;WD)"), user(), 1).ok());
}

TEST(AccessCheck, GroupAttributes) {
  const Token disabled = user({{sids::users, 0}});
  EXPECT_FALSE(ask(sddl("D:(A;;0x1;;;BU)"), disabled, 1).ok());
  EXPECT_TRUE(ask(sddl("D:(D;;0x1;;;BU)(A;;0x1;;;S-1-5-21-1-2-3-1001)"), disabled, 1).ok());
  const Token deny_only = user({{sids::users, group_attribute::use_for_deny_only}});
  EXPECT_FALSE(ask(sddl("D:(A;;0x1;;;BU)"), deny_only, 1).ok());
  EXPECT_FALSE(ask(sddl("D:(D;;0x1;;;BU)(A;;0x1;;;S-1-5-21-1-2-3-1001)"), deny_only, 1).ok());
}

TEST(AccessCheck, ArgumentsOfTheSystemCall) {
  const SecurityDescriptor sd = sddl("O:BAG:BAD:(A;;GA;;;WD)");
  const auto call = [&](const SecurityDescriptor &of, const Token &token, AccessMask desired) {
    AccessRequest request;
    request.desired = desired;
    request.system_call = true;
    return check_access(of, token, request).status;
  };
  EXPECT_EQ(call(sd, user(), 1), AccessStatus::success);
  EXPECT_EQ(call(sd, user(), generic_read), AccessStatus::generic_not_mapped);
  Token primary = user();
  primary.kind = TokenKind::primary;
  EXPECT_EQ(call(sd, primary, 1), AccessStatus::no_impersonation_token);
  Token anonymous = user();
  anonymous.level = ImpersonationLevel::anonymous;
  EXPECT_EQ(call(sd, anonymous, 1), AccessStatus::bad_impersonation_level);
  EXPECT_EQ(call(sddl("O:BA"), user(), 1), AccessStatus::invalid_security_descriptor);
  EXPECT_EQ(ask(sd, user(), generic_read).granted, file_mapping.read);
}

TEST(AccessCheck, Privileges) {
  const SecurityDescriptor sd = sddl("O:BAG:BAD:P(D;;WO;;;WD)");
  EXPECT_EQ(ask(sd, user(), system_security).status, AccessStatus::privilege_not_held);
  Token token = user();
  token.privileges = {Privilege::security, Privilege::take_ownership};
  EXPECT_EQ(ask(sd, token, system_security | write_owner).granted, system_security | write_owner);
  EXPECT_EQ(ask(sddl("O:BAG:BAD:P(A;;0x1000000;;;WD)"), user(), system_security).status,
            AccessStatus::privilege_not_held);
  // Backup privileges are the I/O manager's business.
  token.privileges = {Privilege::backup, Privilege::restore};
  EXPECT_FALSE(ask(sd, token, r).ok());
}

TEST(AccessCheck, IntegrityLabels) {
  Token low = user();
  low.integrity = 0x1000;
  const SecurityDescriptor plain = sddl("D:(A;;GA;;;WD)");
  EXPECT_TRUE(ask(plain, low, file_mapping.read).ok());
  EXPECT_FALSE(ask(plain, low, file_write_data).ok());
  EXPECT_EQ(maximum(plain, low), file_mapping.read | file_mapping.execute);
  EXPECT_TRUE(ask(sddl("D:(A;;GA;;;WD)S:(ML;;NW;;;LW)"), low, file_write_data).ok());
  EXPECT_FALSE(ask(sddl("D:(A;;GA;;;WD)S:(ML;;NR;;;ME)"), low, file_read_data).ok());
  EXPECT_TRUE(ask(sddl("D:(A;;GA;;;WD)S:(ML;;NR;;;ME)"), low, file_write_data).ok());
  EXPECT_TRUE(ask(sddl("D:(A;;GA;;;WD)S:(ML;;;;;HI)"), low, file_write_data).ok());
  EXPECT_TRUE(ask(sddl("D:(A;;GA;;;WD)S:(ML;IO;NW;;;HI)"), user(), file_write_data).ok());
  Token free = low;
  free.no_write_up = false;
  EXPECT_TRUE(ask(plain, free, file_write_data).ok());
}

TEST(AccessCheck, TrustLabels) {
  const SecurityDescriptor sd = sddl("D:(A;;GA;;;WD)S:(TL;;RC;;;S-1-19-512-1536)");
  EXPECT_FALSE(ask(sd, user(), r).ok());
  EXPECT_TRUE(ask(sd, user(), read_control).ok());
  EXPECT_EQ(maximum(sd, user()), read_control);
  Token light = user();
  light.trust_level = make_sid(19, {512, 8192});
  EXPECT_TRUE(ask(sd, light, r).ok());
  light.trust_level = make_sid(19, {512, 1024});
  EXPECT_FALSE(ask(sd, light, r).ok());
}

TEST(AccessCheck, RestrictedTokens) {
  const SecurityDescriptor device =
      sddl("O:BAG:SYD:(A;;0x1201bf;;;WD)(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;RC)S:AI(ML;;NW;;;LW)");
  const auto max_of = [&](std::string_view preset) { return maximum(device, *token_from_preset(preset)); };
  EXPECT_EQ(max_of("user"), 0x1201bfu);
  EXPECT_EQ(max_of("user-low"), 0x1201bfu);
  EXPECT_EQ(max_of("restricted"), 0x1200a9u);
  EXPECT_EQ(max_of("restricted-users"), 0u);
  EXPECT_EQ(max_of("appcontainer"), 0u);
  EXPECT_EQ(max_of("lpac"), 0u);
  EXPECT_EQ(max_of("admin"), file_all_access);
  // RC needs WD in the first walk as well.
  EXPECT_EQ(maximum(sddl("D:(A;;GA;;;RC)"), *token_from_preset("restricted")), 0u);
}

TEST(AccessCheck, WriteRestrictedTokens) {
  const Token token = *token_from_preset("write-restricted");
  const SecurityDescriptor sd = sddl("D:(A;;GRGX;;;LS)");
  EXPECT_TRUE(ask(sd, token, file_read_data).ok());
  EXPECT_FALSE(ask(sddl("D:(A;;GA;;;LS)"), token, file_write_data).ok());
  EXPECT_TRUE(ask(sddl("D:(A;;GA;;;LS)(A;;GW;;;WR)"), token, file_write_data).ok());
}

TEST(AccessCheck, AppContainers) {
  const Token app = *token_from_preset("appcontainer");
  const Token lpac = *token_from_preset("lpac");
  const SecurityDescriptor with = sddl("D:(A;;GRGW;;;WD)(A;;GR;;;AC)");
  EXPECT_EQ(maximum(with, app), file_mapping.read);
  EXPECT_EQ(maximum(with, lpac), 0u);
  EXPECT_EQ(maximum(sddl("D:(A;;GRGW;;;WD)(A;;GR;;;S-1-15-2-2)"), lpac), file_mapping.read);
  EXPECT_EQ(maximum(sddl("D:(A;;GA;;;AC)"), app), 0u);      // the user must pass, too
  EXPECT_EQ(maximum(sddl("D:NO_ACCESS_CONTROL"), app), 0u); // a null DACL does not help a package
  EXPECT_TRUE(ask(sddl("D:(A;;GA;;;WD)(A;;GA;;;S-1-15-3-1)"), app, 2).ok());
  EXPECT_FALSE(ask(sddl("D:(A;;GA;;;WD)(A;;GA;;;S-1-15-3-1)S:(ML;;NW;;;HI)"), app, 2).ok());
  EXPECT_FALSE(ask(sddl("D:(D;;0x2;;;AC)(A;;GA;;;WD)(A;;GA;;;S-1-15-3-1)"), app, 2).ok());
}

TEST(AccessCheck, ConditionalEntries) {
  Token token = user();
  EXPECT_FALSE(ask(sddl("D:(XA;;0x1;;;WD;(@User.x == 1))"), token, 1).ok());
  EXPECT_FALSE(ask(sddl("D:(XD;;0x1;;;WD;(@User.x == 1))(A;;0x1;;;WD)"), token, 1).ok()); // Unknown denies
  token.user_claims = {{u"X", ClaimType::int64, 0, {{1, {}, {}}}}};
  EXPECT_TRUE(ask(sddl("D:(XA;;0x1;;;WD;(@User.x == 1))"), token, 1).ok());
  EXPECT_TRUE(ask(sddl("D:(XD;;0x1;;;WD;(@User.x == 2))(A;;0x1;;;WD)"), token, 1).ok());
  EXPECT_TRUE(ask(sddl("D:(XA;;0x1;;;WD;(Member_of {SID(BU), SID(WD)}))"), token, 1).ok());
  EXPECT_TRUE(ask(sddl("D:(XA;;0x1;;;WD;(@Resource.p Any_of {7, 8}))S:(RA;;;;;WD;(\"p\",TI,0,8))"), token, 1).ok());
}

TEST(AccessCheck, ObjectTypeLists) {
  const Guid root{{1}}, left{{2}}, right{{3}};
  const std::array<ObjectTypeEntry, 3> list = {{{0, root}, {1, left}, {1, right}}};
  AccessRequest request;
  request.desired = 0x10;
  request.object_types = list;
  const std::string left_text = to_string(left), right_text = to_string(right);
  AccessExplanation why;
  EXPECT_FALSE(check_access(sddl("D:(OA;;0x10;" + left_text + ";;WD)"), user(), request, &why).ok());
  ASSERT_EQ(why.nodes.size(), 3u);
  EXPECT_EQ(why.nodes[0].granted, 0u);
  EXPECT_EQ(why.nodes[1].granted, 0x10u);
  EXPECT_EQ(why.nodes[2].granted, 0u);
  // Both children make the parent.
  EXPECT_TRUE(
      check_access(sddl("D:(OA;;0x10;" + left_text + ";;WD)(OA;;0x10;" + right_text + ";;WD)"), user(), request).ok());
  EXPECT_FALSE(check_access(sddl("D:(OD;;0x10;" + left_text + ";;WD)(A;;0x10;;;WD)"), user(), request).ok());
  request.object_types = {};
  EXPECT_FALSE(check_access(sddl("D:(OA;;0x10;" + left_text + ";;WD)"), user(), request).ok());
  EXPECT_FALSE(check_access(sddl("D:(OD;;0x10;" + left_text + ";;WD)(A;;0x10;;;WD)"), user(), request).ok());
  const std::array<ObjectTypeEntry, 2> bad = {{{0, root}, {2, left}}};
  request.object_types = bad;
  EXPECT_EQ(check_access(sddl("D:"), user(), request).status, AccessStatus::invalid_parameter);
}

TEST(AccessCheck, PrincipalSelf) {
  AccessRequest request;
  request.desired = 1;
  EXPECT_FALSE(check_access(sddl("D:(A;;0x1;;;PS)"), user(), request).ok());
  request.self = jim;
  EXPECT_TRUE(check_access(sddl("D:(A;;0x1;;;PS)"), user(), request).ok());
}

TEST(AccessCheck, KernelMode) {
  AccessRequest request;
  request.desired = maximum_allowed;
  request.mode = RequestorMode::kernel;
  EXPECT_EQ(check_access(sddl("D:P"), user(), request).granted, file_all_access);
  request.force_access_check = true;
  EXPECT_FALSE(check_access(sddl("D:P"), user(), request).ok());
}

TEST(AccessCheck, DuplicationNeverAdds) {
  EXPECT_EQ(duplicate_handle(0x120089, 0, true), 0x120089u);
  EXPECT_EQ(duplicate_handle(0x12019f, generic_read, false), 0x120089u);
  EXPECT_EQ(duplicate_handle(0x120089, generic_write, false), std::nullopt);
}

TEST(Tokens, PresetsAndDocumentsRoundTrip) {
  for (const TokenPreset &preset : token_presets()) {
    const Token token = *token_from_preset(preset.name);
    const auto back = token_from_value(value_from_token(token), {});
    ASSERT_TRUE(back) << preset.name << ": " << back.error().what;
    EXPECT_EQ(*back, token) << preset.name;
  }
}

// TOML sorts members: deny_only used to run before the groups it is about.
TEST(Tokens, ModifiersApplyWhateverTheOrderOfMembers) {
  const auto list = [](const char *sid) { return Value(Value::Array{Value(sid)}); };
  const auto token = token_from_value(Value::object({{"add_groups", list("AU")},
                                                     {"deny_only", list("BU")},
                                                     {"groups", list("BU")},
                                                     {"remove_groups", list("WD")},
                                                     {"user", Value("S-1-5-21-1-2-3-1001")}}),
                                      {});
  ASSERT_TRUE(token);
  ASSERT_EQ(token->groups.size(), 2u);
  EXPECT_TRUE(token->groups[0].deny_only());
  EXPECT_FALSE(token->groups[0].enabled());
  EXPECT_EQ(token->groups[1].sid, sids::authenticated_users);
}

TEST(Tokens, DocumentsSayWhatIsWrong) {
  const auto error = [](Value value) { return token_from_value(value, {}).error().what; };
  EXPECT_NE(error(Value::object({{"base", "nobody"}})).find("'base'"), std::string::npos);
  EXPECT_NE(error(Value::object({{"colour", "red"}})).find("'colour'"), std::string::npos);
  EXPECT_NE(error(Value::object({{"user", "nobody"}})).find("'user'"), std::string::npos);
  EXPECT_NE(error(Value(3)).find("object"), std::string::npos);
  const auto token = token_from_value(
      Value::object({{"base", "user"}, {"deny_only", Value(Value::Array{Value("BU")})}, {"integrity", "low"}}), {});
  ASSERT_TRUE(token);
  EXPECT_EQ(token->integrity, 0x1000u);
  EXPECT_FALSE(ask(sddl("D:(A;;0x1;;;BU)"), *token, 1).ok());
}

} // namespace
} // namespace ringfence::security
