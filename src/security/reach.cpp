#include <ringfence/security/reach.h>

#include <ringfence/security/sddl.h>

#include <algorithm>
#include <array>

namespace ringfence::security {
namespace {

constexpr std::array<std::string_view, 7> class_names = {"none",     "system",       "admin",  "service",
                                                         "any-user", "appcontainer", "unknown"};

struct Caller {
  ReachClass reach;
  std::string who;
  Token token;
};

struct PresetCaller {
  std::string_view preset;
  ReachClass reach;
};
// Widest first: the first that gets there names the reach.
constexpr PresetCaller preset_callers[] = {
    {"appcontainer", ReachClass::appcontainer},
    {"lpac", ReachClass::appcontainer},
    {"user", ReachClass::any_user},
    {"network-user", ReachClass::any_user},
    {"guest", ReachClass::any_user},
    {"anonymous", ReachClass::any_user},
    {"restricted", ReachClass::any_user},
    {"local-service", ReachClass::service},
    {"network-service", ReachClass::service},
    {"service", ReachClass::service},
    {"umdf", ReachClass::service},
    {"write-restricted", ReachClass::service},
    {"admin", ReachClass::admin},
    {"system", ReachClass::system},
    {"protected-light", ReachClass::system},
};

bool is_package(const Sid &sid) { return sid.is_below(make_sid(15, {2})); }
bool is_capability(const Sid &sid) { return sid.is_below(make_sid(15, {3})); }
bool is_service(const Sid &sid) { return sid.is_below(make_sid(5, {80})); }

// Operators whose rights amount to an administrator's.
bool administers(const Sid &sid) {
  constexpr std::uint32_t builtin[] = {544, 548, 549, 550, 551, 552, 578};
  constexpr std::uint32_t domain[] = {500, 512, 516, 518, 519, 521, 526, 527};
  if (sid.is_below(make_sid(5, {32})))
    return std::ranges::find(builtin, sid.rid()) != std::end(builtin);
  return sid.is_below(make_sid(5, {21})) && sid.count == 5 && std::ranges::find(domain, sid.rid()) != std::end(domain);
}

// A caller that differs from the class's usual one in having this SID.
Caller caller_with(const Sid &sid, const SidContext &context) {
  Caller caller;
  caller.reach = class_of(sid);
  caller.who = "a caller with " + describe(sid, context);
  switch (caller.reach) {
  case ReachClass::appcontainer:
    caller.token = *token_from_preset("lpac");
    if (is_package(sid))
      caller.token.package = sid;
    else
      caller.token.capabilities.push_back({sid, group_attribute::usual});
    return caller;
  case ReachClass::any_user:
    caller.token = *token_from_preset("user");
    break;
  case ReachClass::service:
    caller.token = *token_from_preset("service");
    break;
  default:
    caller.token = *token_from_preset("admin");
  }
  caller.token.groups.push_back({sid, group_attribute::usual});
  return caller;
}

std::vector<Caller> callers_for(const SecurityDescriptor *descriptor, const SidContext &context) {
  std::vector<Caller> callers;
  for (const PresetCaller &preset : preset_callers)
    callers.push_back({preset.reach, std::string(preset.preset), *token_from_preset(preset.preset)});
  if (descriptor && descriptor->dacl)
    for (const Ace &ace : descriptor->dacl->aces) {
      const bool allow = ace.type == AceType::allow || ace.type == AceType::allow_object ||
                         ace.type == AceType::allow_callback || ace.type == AceType::allow_callback_object;
      // RESTRICTED is in no token's groups, only among restricting SIDs: the preset has it there.
      const bool has_class = class_of(ace.sid) > ReachClass::system && ace.sid != sids::restricted;
      if (allow && !ace.inherit_only() && has_class && callers.size() < 256)
        callers.push_back(caller_with(ace.sid, context));
    }
  std::vector<Caller> widest_first;
  for (auto reach = static_cast<int>(ReachClass::appcontainer); reach >= 0; --reach)
    for (Caller &caller : callers)
      if (static_cast<int>(caller.reach) == reach)
        widest_first.push_back(std::move(caller));
  return widest_first;
}

struct Arrival {
  bool arrives = false;
  std::string why;
};

Arrival arrival(const DeviceObject &device, const Token &token, std::optional<ControlCode> code,
                const SidContext &context) {
  for (const OpenRoute route : {OpenRoute::direct, OpenRoute::trailing_name, OpenRoute::relative}) {
    // A relative open starts from a handle, which only another route can give; its check is that of a trailing name.
    if (route == OpenRoute::relative)
      continue;
    const ReachabilityResult result = can_send(device, token, route, code, context);
    if (result.answer == Answer::no)
      continue;
    std::string why = route == OpenRoute::direct ? result.why : "by a name behind the device's name: " + result.why;
    if (result.answer == Answer::driver_decides)
      why += " (unless the driver fails such names)";
    return {true, std::move(why)};
  }
  return {};
}

} // namespace

std::string_view name_of(ReachClass reach) { return class_names[static_cast<std::size_t>(reach)]; }

std::optional<ReachClass> reach_class_from_name(std::string_view name) {
  const auto found = std::ranges::find(class_names, name);
  if (found == class_names.end())
    return std::nullopt;
  return static_cast<ReachClass>(found - class_names.begin());
}

ReachClass class_of(const Sid &sid) {
  if (sid == sids::system)
    return ReachClass::system;
  if (is_package(sid) || is_capability(sid))
    return ReachClass::appcontainer;
  if (sid == sids::local_service || sid == sids::network_service || sid == sids::service ||
      sid == sids::user_mode_drivers || sid == sids::write_restricted || is_service(sid))
    return ReachClass::service;
  if (administers(sid) || sid == make_sid(5, {114}))
    return ReachClass::admin;
  // Creator and owner SIDs name nobody by themselves.
  if (sid.authority == 3 || sid == sids::null || sid.authority == 16 || sid.authority == 19)
    return ReachClass::none;
  return ReachClass::any_user;
}

Reach reach_of(const DeviceObject &named_device, std::optional<ControlCode> code, const SidContext &context) {
  if (!named_device.named)
    return {ReachClass::none, "the device object has no name", false};
  // The classes say whom the descriptor admits. What administrators may do to any object, as its owner or by
  // SeTakeOwnershipPrivilege, would leave nothing below them.
  DeviceObject device = named_device;
  if (device.descriptor)
    device.descriptor->owner.reset();
  Reach reach{ReachClass::none, "the descriptor admits no caller from user mode", false};
  for (Caller &caller : callers_for(device.descriptor ? &*device.descriptor : nullptr, context)) {
    caller.token.privileges = {Privilege::change_notify};
    Arrival found = arrival(device, caller.token, code, context);
    if (!found.arrives)
      continue;
    reach.reach = caller.reach;
    reach.why = caller.who + ": " + found.why;
    break;
  }
  if (reach.reach >= ReachClass::any_user) {
    // An app container runs at Low integrity itself; so does a browser's renderer of a plain user.
    reach.low_integrity = reach.reach == ReachClass::appcontainer ||
                          arrival(device, *token_from_preset("user-low"), code, context).arrives;
  }
  return reach;
}

Reach reach_of_object(SecurityDescriptor descriptor, const ObjectType &type, AccessMask desired,
                      const SidContext &context) {
  descriptor.owner.reset(); // as for devices: ownership does not count
  const AccessRequest request{.desired = desired, .mapping = type.mapping};
  const auto opens = [&](Token token, AccessExplanation *why) {
    token.privileges = {Privilege::change_notify};
    return check_access(descriptor, token, request, why).ok();
  };
  Reach reach{ReachClass::none, "the descriptor admits no caller from user mode", false};
  for (const Caller &caller : callers_for(&descriptor, context)) {
    AccessExplanation explanation;
    if (!opens(caller.token, &explanation))
      continue;
    reach.reach = caller.reach;
    reach.why = caller.who;
    for (const AccessReason &reason : explanation.reasons)
      if (reason.granted)
        reach.why += ": " + describe(reason, descriptor, type, context);
    break;
  }
  if (reach.reach >= ReachClass::any_user)
    reach.low_integrity = reach.reach == ReachClass::appcontainer || opens(*token_from_preset("user-low"), nullptr);
  return reach;
}

Reach narrowed(Reach reach, ReachClass at_most, std::string_view gate) {
  if (!reach.is_known() || reach.reach <= at_most)
    return reach;
  reach.reach = at_most;
  reach.why = std::string(gate) + "; before that, " + reach.why;
  if (at_most < ReachClass::any_user)
    reach.low_integrity = false;
  return reach;
}

} // namespace ringfence::security
