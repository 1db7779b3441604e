#include <ringfence/security/access_check.h>

#include <ringfence/security/claim.h>
#include <ringfence/security/condition.h>

#include <algorithm>
#include <array>

namespace ringfence::security {
namespace {

using namespace access;

enum class Pass : std::uint8_t { user, restricted, package };

// Rights first decided by an allow or a deny entry, for one node of the object type list.
struct Tally {
  AccessMask granted = 0;
  AccessMask denied = 0;
};

const TokenGroup *find(std::span<const TokenGroup> list, const Sid &sid) {
  for (const TokenGroup &group : list)
    if (group.sid == sid)
      return &group;
  return nullptr;
}

bool group_matches(const TokenGroup *group, bool for_deny) {
  return group && (group->enabled() || (for_deny && group->deny_only()));
}

bool user_list_matches(const Token &token, const Sid &sid, bool for_deny) {
  if (token.user == sid)
    return for_deny || !token.user_deny_only;
  return group_matches(find(token.groups, sid), for_deny);
}

class Check {
public:
  Check(const SecurityDescriptor &descriptor, const Token &token, const AccessRequest &request,
        AccessExplanation *explanation)
      : sd_(descriptor), token_(token), request_(request), explanation_(explanation) {}

  AccessResult run();

private:
  AccessResult end(AccessStatus status, AccessMask granted = 0) const { return {status, granted}; }
  void explain(Decider by, AccessMask bits, bool granted, int ace = -1, std::string_view note = {}) {
    if (explanation_ && bits)
      explanation_->reasons.push_back({by, bits, granted, ace, std::string(note)});
  }
  std::optional<AccessStatus> argument_error();
  bool mandatory_gates();
  AccessMask trust_label_mask();
  AccessMask access_filter_mask();
  AccessMask integrity_mask();
  std::optional<AccessStatus> privileges();
  void owner_rights();
  bool owns() const;
  AccessMask pass(Pass which, std::vector<Tally> &nodes);
  bool matches(Pass which, const Sid &sid, bool for_deny) const;
  Sid replaced(const Sid &sid) const;
  bool condition_holds(const Ace &ace, bool for_deny) const;
  void apply(Pass which, int index, const Ace &ace, std::vector<Tally> &nodes);
  void apply_to_tree(std::size_t node, AccessMask mask, bool deny, std::vector<Tally> &nodes) const;
  std::optional<std::size_t> node_of(const Guid &type) const;
  bool valid_object_types() const;
  std::size_t parent_of(std::size_t node) const;
  std::size_t end_of_subtree(std::size_t node) const;
  AccessResult conclude(const std::vector<Tally> &nodes);

  const SecurityDescriptor &sd_;
  const Token &token_;
  const AccessRequest &request_;
  AccessExplanation *explanation_;
  AccessMask desired_ = 0; // mapped, without MAXIMUM_ALLOWED
  bool maximum_ = false;
  AccessMask gate_ = ~AccessMask{0};
  AccessMask by_privilege_ = 0;
  AccessMask by_owner_ = 0;
  std::vector<Claim> resource_attributes_;
};

std::optional<AccessStatus> Check::argument_error() {
  if (request_.system_call) {
    if (request_.desired & generic_bits)
      return AccessStatus::generic_not_mapped;
    if (token_.kind == TokenKind::primary)
      return AccessStatus::no_impersonation_token;
    if (token_.level < ImpersonationLevel::identification)
      return AccessStatus::bad_impersonation_level;
    if (!sd_.owner || !sd_.group)
      return AccessStatus::invalid_security_descriptor;
  }
  if (!valid_object_types())
    return AccessStatus::invalid_parameter;
  return std::nullopt;
}

bool Check::valid_object_types() const {
  const auto list = request_.object_types;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if ((i == 0) != (list[i].level == 0) || (i && list[i].level > list[i - 1].level + 1))
      return false;
    for (std::size_t j = 0; j < i; ++j)
      if (list[j].type == list[i].type)
        return false;
  }
  return true;
}

// True when the trust level S-1-19-a-b is at least the label's S-1-19-c-d in both parts.
bool dominates(const std::optional<Sid> &trust, const Sid &label) {
  const std::uint32_t type = trust && trust->count == 2 ? trust->sub[0] : 0;
  const std::uint32_t level = trust && trust->count == 2 ? trust->sub[1] : 0;
  return label.count == 2 && type >= label.sub[0] && level >= label.sub[1];
}

AccessMask Check::trust_label_mask() {
  if (!sd_.sacl)
    return ~AccessMask{0};
  for (std::size_t i = 0; i < sd_.sacl->aces.size(); ++i) {
    const Ace &ace = sd_.sacl->aces[i];
    if (ace.type != AceType::process_trust_label || ace.inherit_only())
      continue;
    if (dominates(token_.trust_level, ace.sid))
      return ~AccessMask{0};
    const AccessMask allowed = request_.mapping.map(ace.mask) | system_security;
    explain(Decider::trust_label, desired_ & ~allowed, false, static_cast<int>(i));
    return allowed;
  }
  return ~AccessMask{0};
}

AccessMask Check::access_filter_mask() {
  AccessMask allowed = ~AccessMask{0};
  if (!sd_.sacl)
    return allowed;
  for (std::size_t i = 0; i < sd_.sacl->aces.size(); ++i) {
    const Ace &ace = sd_.sacl->aces[i];
    if (ace.type != AceType::access_filter || ace.inherit_only() || condition_holds(ace, false))
      continue;
    const AccessMask mask = request_.mapping.map(ace.mask) | system_security;
    explain(Decider::access_filter, desired_ & allowed & ~mask, false, static_cast<int>(i));
    allowed &= mask;
  }
  return allowed;
}

AccessMask Check::integrity_mask() {
  if (!token_.no_write_up)
    return ~AccessMask{0};
  std::uint32_t label = sids::medium_label.rid();
  AccessMask policy = 1;
  int index = -1;
  if (sd_.sacl)
    for (std::size_t i = 0; i < sd_.sacl->aces.size() && index < 0; ++i)
      if (const Ace &ace = sd_.sacl->aces[i]; ace.type == AceType::mandatory_label && !ace.inherit_only()) {
        label = ace.sid.rid();
        policy = ace.mask;
        index = static_cast<int>(i);
      }
  if (token_.integrity >= label)
    return ~AccessMask{0};
  const GenericMapping &map = request_.mapping;
  const bool no_write = policy & 1;
  const bool no_read = policy & 2;
  const bool no_execute = policy & 4;
  AccessMask allowed = no_write ? map.read | map.execute | synchronize | read_control : ~AccessMask{0};
  const AccessMask still = (no_write ? 0 : map.write) | (no_read ? 0 : map.read) | (no_execute ? 0 : map.execute);
  if (no_read)
    allowed &= ~(map.read & ~still);
  if (no_execute)
    allowed &= ~(map.execute & ~still);
  if (token_.privileges.has(Privilege::relabel))
    allowed |= write_owner;
  // An app container is always Low: what it may not do to Medium objects is left to the package pass.
  if (token_.is_app_container() && label <= sids::medium_label.rid())
    return ~AccessMask{0};
  explain(Decider::integrity, desired_ & ~allowed, false, index, index < 0 ? "no label: Medium, no write up" : "");
  return allowed;
}

bool Check::mandatory_gates() {
  gate_ = trust_label_mask();
  gate_ &= access_filter_mask();
  gate_ &= integrity_mask();
  return (desired_ & ~gate_) == 0;
}

std::optional<AccessStatus> Check::privileges() {
  if (desired_ & system_security) {
    if (!token_.privileges.has(Privilege::security)) {
      explain(Decider::privilege, system_security, false, -1, "SeSecurityPrivilege is not enabled");
      return AccessStatus::privilege_not_held;
    }
    by_privilege_ |= system_security;
    explain(Decider::privilege, system_security, true, -1, "SeSecurityPrivilege");
  }
  if (desired_ & write_owner)
    for (const Privilege privilege : {Privilege::take_ownership, Privilege::relabel})
      if (token_.privileges.has(privilege) && !(by_privilege_ & write_owner)) {
        by_privilege_ |= write_owner;
        explain(Decider::privilege, write_owner, true, -1, name_of(privilege));
      }
  return std::nullopt;
}

bool Check::owns() const {
  if (!sd_.owner || !user_list_matches(token_, *sd_.owner, false))
    return false;
  return !token_.is_restricted() || group_matches(find(token_.restricted_sids, *sd_.owner), false);
}

void Check::owner_rights() {
  if (!owns())
    return;
  if (sd_.dacl)
    for (const Ace &ace : sd_.dacl->aces)
      if (!ace.inherit_only() && has_known_layout(ace.type) && ace.sid == sids::owner_rights)
        return;
  by_owner_ = (read_control | write_dac) & (maximum_ ? ~AccessMask{0} : desired_) & ~by_privilege_;
  explain(Decider::owner, by_owner_, true);
}

Sid Check::replaced(const Sid &sid) const {
  if (sid == sids::owner_rights && sd_.owner)
    return *sd_.owner;
  if (sid == sids::principal_self && request_.self)
    return *request_.self;
  return sid;
}

bool Check::matches(Pass which, const Sid &sid, bool for_deny) const {
  switch (which) {
  case Pass::user:
    return user_list_matches(token_, sid, for_deny);
  case Pass::restricted:
    return group_matches(find(token_.restricted_sids, sid), for_deny);
  case Pass::package:
    if (sid == sids::all_restricted_application_packages || sid == token_.package)
      return true;
    if (sid == sids::all_application_packages)
      return !token_.less_privileged;
    return group_matches(find(token_.capabilities, sid), for_deny);
  }
  return false;
}

bool Check::condition_holds(const Ace &ace, bool for_deny) const {
  const auto condition = parse_condition_binary(ace.application_data);
  if (!condition)
    return for_deny;
  std::vector<Sid> groups;
  if (for_deny || !token_.user_deny_only)
    groups.push_back(token_.user);
  for (const TokenGroup &group : token_.groups)
    if (group_matches(&group, for_deny))
      groups.push_back(group.sid);
  std::vector<Sid> device_groups;
  for (const TokenGroup &group : token_.device_groups)
    if (group_matches(&group, for_deny))
      device_groups.push_back(group.sid);
  const Truth truth = evaluate(*condition, {token_.user_claims, token_.device_claims, token_.local_claims,
                                            resource_attributes_, groups, device_groups});
  return truth == Truth::true_ || (for_deny && truth == Truth::unknown);
}

std::optional<std::size_t> Check::node_of(const Guid &type) const {
  for (std::size_t i = 0; i < request_.object_types.size(); ++i)
    if (request_.object_types[i].type == type)
      return i;
  return std::nullopt;
}

std::size_t Check::end_of_subtree(std::size_t node) const {
  const auto list = request_.object_types;
  std::size_t last = node + 1;
  while (last < list.size() && list[last].level > list[node].level)
    ++last;
  return last;
}

std::size_t Check::parent_of(std::size_t node) const {
  const auto list = request_.object_types;
  std::size_t parent = node;
  while (parent-- > 0)
    if (list[parent].level < list[node].level)
      return parent;
  return node;
}

// A grant covers the subtree, and an ancestor once all its children have it; a denial covers the subtree and every
// ancestor.
void Check::apply_to_tree(std::size_t node, AccessMask mask, bool deny, std::vector<Tally> &nodes) const {
  const std::size_t last = request_.object_types.empty() ? nodes.size() : end_of_subtree(node);
  for (std::size_t i = node; i < last; ++i) {
    if (deny)
      nodes[i].denied |= mask & ~nodes[i].granted;
    else
      nodes[i].granted |= mask & ~nodes[i].denied;
  }
  while (node) {
    node = parent_of(node);
    if (deny) {
      nodes[node].denied |= mask & ~nodes[node].granted;
      continue;
    }
    AccessMask common = mask;
    for (std::size_t i = node + 1; i < end_of_subtree(node); ++i)
      common &= nodes[i].granted;
    nodes[node].granted |= common & ~nodes[node].denied;
  }
}

void Check::apply(Pass which, int index, const Ace &ace, std::vector<Tally> &nodes) {
  bool deny = false;
  switch (ace.type) {
  case AceType::deny:
  case AceType::deny_object:
  case AceType::deny_callback:
  case AceType::deny_callback_object:
    deny = true;
    break;
  case AceType::allow:
  case AceType::allow_object:
  case AceType::allow_callback:
  case AceType::allow_callback_object:
    break;
  default:
    return;
  }
  if (!matches(which, replaced(ace.sid), deny) || (is_callback_ace(ace.type) && !condition_holds(ace, deny)))
    return;
  std::size_t node = 0;
  if (is_object_ace(ace.type) && ace.object_type) {
    if (request_.object_types.empty()) {
      // Without a list a grant for one part of the object grants nothing, a denial denies.
      if (!deny)
        return;
    } else if (const auto found = node_of(*ace.object_type)) {
      node = *found;
    } else {
      return;
    }
  }
  const AccessMask mask = request_.mapping.map(ace.mask);
  const Tally before = nodes[0];
  apply_to_tree(node, mask, deny, nodes);
  if (explanation_) {
    const AccessMask changed = deny ? nodes[0].denied & ~before.denied : nodes[0].granted & ~before.granted;
    const AccessMask asked = maximum_ ? changed : changed & desired_;
    constexpr std::array<std::string_view, 3> notes = {"", "restricting SIDs", "package and capabilities"};
    explain(Decider::ace, asked, !deny, index, notes[static_cast<std::size_t>(which)]);
  }
}

// One walk over the DACL; returns what it grants on the root.
AccessMask Check::pass(Pass which, std::vector<Tally> &nodes) {
  // Owner rights and privileges stand before the walk, but do nothing for the package.
  const AccessMask initial = which == Pass::package ? 0 : by_privilege_ | by_owner_;
  nodes.assign(std::max<std::size_t>(1, request_.object_types.size()), Tally{initial, 0});
  if (!sd_.dacl) {
    if (which == Pass::package) {
      explain(Decider::package, maximum_ ? request_.mapping.all : desired_, false, -1,
              "a missing or null DACL grants nothing to a package");
    } else {
      for (Tally &node : nodes)
        node.granted = initial | (maximum_ ? request_.mapping.all : 0) | (desired_ & ~system_security);
      if (which == Pass::user)
        explain(Decider::no_dacl, nodes[0].granted & ~initial, true);
    }
    return nodes[0].granted;
  }
  const auto &aces = sd_.dacl->aces;
  const bool one_node = nodes.size() == 1;
  for (std::size_t i = 0; i < aces.size(); ++i) {
    if (aces[i].inherit_only())
      continue;
    apply(which, static_cast<int>(i), aces[i], nodes);
    // Every asked bit is decided: nothing later can change it.
    if (one_node && !maximum_ && !(desired_ & ~(nodes[0].granted | nodes[0].denied)))
      break;
  }
  for (Tally &node : nodes)
    node.granted &= ~system_security | initial;
  return nodes[0].granted;
}

AccessResult Check::conclude(const std::vector<Tally> &nodes) {
  const AccessMask kept = gate_ | (by_privilege_ & desired_);
  const auto judge = [&](const Tally &tally) -> NodeResult {
    const AccessMask granted = tally.granted & kept;
    const AccessMask answer = maximum_ ? granted : granted & desired_;
    const bool ok = (desired_ & ~granted) == 0 && answer != 0;
    return {ok ? AccessStatus::success : AccessStatus::access_denied, answer};
  };
  const NodeResult root = judge(nodes[0]);
  if (explanation_) {
    for (const Tally &tally : nodes)
      explanation_->nodes.push_back(judge(tally));
    explain(Decider::no_ace, desired_ & ~nodes[0].granted & ~nodes[0].denied, false);
  }
  return end(root.status, root.status == AccessStatus::success ? root.granted : 0);
}

AccessResult Check::run() {
  if (const auto error = argument_error()) {
    explain(Decider::argument, request_.desired, false, -1, name_of(*error));
    return end(*error);
  }
  maximum_ = (request_.desired & maximum_allowed) != 0;
  desired_ = request_.mapping.map(request_.desired & ~maximum_allowed);
  if (request_.mode == RequestorMode::kernel && !request_.force_access_check) {
    const AccessMask granted = desired_ | (maximum_ ? request_.mapping.all : 0);
    explain(Decider::kernel_mode, granted, true);
    return end(AccessStatus::success, granted);
  }
  if (sd_.sacl)
    for (const Ace &ace : sd_.sacl->aces)
      if (ace.type == AceType::resource_attribute && !ace.inherit_only())
        if (auto claim = parse_claim_binary(ace.application_data))
          resource_attributes_.push_back(std::move(*claim));
  if (!mandatory_gates())
    return end(AccessStatus::access_denied);
  if (const auto error = privileges())
    return end(*error);
  owner_rights();

  std::vector<Tally> nodes;
  pass(Pass::user, nodes);
  // A write-restricted token is confined only in what writing means for the object type.
  const AccessMask confined = token_.write_restricted ? request_.mapping.map(generic_write) : ~AccessMask{0};
  if (token_.is_restricted() && (maximum_ || (desired_ & confined))) {
    std::vector<Tally> second;
    pass(Pass::restricted, second);
    // With named rights one confined bit puts the whole request through the second walk.
    const AccessMask applies = maximum_ ? confined : ~AccessMask{0};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const AccessMask lost = nodes[i].granted & applies & ~second[i].granted;
      if (i == 0)
        explain(Decider::restricted, maximum_ ? lost : lost & desired_, false);
      nodes[i].granted &= ~lost;
      nodes[i].denied |= lost;
    }
  }
  if (token_.is_app_container()) {
    std::vector<Tally> second;
    pass(Pass::package, second);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const AccessMask lost = nodes[i].granted & ~second[i].granted;
      if (i == 0)
        explain(Decider::package, maximum_ ? lost : lost & desired_, false);
      nodes[i].granted &= ~lost;
      nodes[i].denied |= lost;
    }
  }
  return conclude(nodes);
}

} // namespace

AccessResult check_access(const SecurityDescriptor &descriptor, const Token &token, const AccessRequest &request,
                          AccessExplanation *explanation) {
  return Check(descriptor, token, request, explanation).run();
}

std::optional<AccessMask> duplicate_handle(AccessMask granted, AccessMask desired, bool same_access,
                                           const GenericMapping &mapping) {
  if (same_access)
    return granted;
  const AccessMask mapped = mapping.map(desired & ~access::maximum_allowed);
  if (mapped & ~granted)
    return std::nullopt;
  return desired & access::maximum_allowed ? granted : mapped;
}

} // namespace ringfence::security
