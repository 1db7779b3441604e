// AccessCheck: may this token have these rights on an object with this security descriptor, and which entry decided.
// The order of the steps and the treatment of each corner is in docs/security-model.md; sources: [MS-DTYP] 2.5.3.2,
// Forshaw "Windows Security Internals" ch. 7, vectors produced on Windows.
#pragma once

#include <ringfence/security/access_mask.h>
#include <ringfence/security/security_descriptor.h>
#include <ringfence/security/token.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

enum class RequestorMode : std::uint8_t { user, kernel };

/// The NTSTATUS an access check ends with.
enum class AccessStatus : std::uint8_t {
  success,
  access_denied,
  privilege_not_held,          ///< ACCESS_SYSTEM_SECURITY without SeSecurityPrivilege
  generic_not_mapped,          ///< NtAccessCheck: generic bits in the desired mask
  no_impersonation_token,      ///< NtAccessCheck: a primary token
  bad_impersonation_level,     ///< NtAccessCheck: below identification
  invalid_security_descriptor, ///< NtAccessCheck: no owner or no group
  invalid_parameter,           ///< a malformed object type list
};
/// "STATUS_ACCESS_DENIED".
std::string_view name_of(AccessStatus status);
std::uint32_t ntstatus(AccessStatus status);

struct ObjectTypeEntry {
  std::uint16_t level = 0; ///< 0 for the object, 1 for property sets, 2 for properties, ...
  Guid type;
};

struct AccessRequest {
  AccessMask desired = 0;
  GenericMapping mapping = file_mapping;
  RequestorMode mode = RequestorMode::user;
  bool force_access_check = false;               ///< OBJ_FORCE_ACCESS_CHECK, IO_FORCE_ACCESS_CHECK
  bool system_call = false;                      ///< behave as NtAccessCheck: refuse what it refuses instead of mapping
  std::optional<Sid> self;                       ///< what PRINCIPAL_SELF stands for
  std::span<const ObjectTypeEntry> object_types; ///< root first, children after their parent
  bool result_list = false;                      ///< judge each node by itself (AccessCheckByTypeResultList)
};

/// The result for one node of the object type list.
struct NodeResult {
  AccessStatus status = AccessStatus::access_denied;
  AccessMask granted = 0; ///< of what was asked, also where the whole is denied
};

struct AccessResult {
  AccessStatus status = AccessStatus::access_denied;
  AccessMask granted = 0; ///< 0 unless status is success
  bool ok() const { return status == AccessStatus::success; }
};

/// Which step of the check spoke.
enum class Decider : std::uint8_t {
  kernel_mode,
  argument,
  trust_label,
  access_filter,
  integrity,
  privilege,
  owner,
  no_dacl,
  ace,        ///< an entry of the DACL
  no_ace,     ///< no entry of the DACL spoke about the bits
  restricted, ///< the second pass over the restricting SIDs
  package,    ///< the pass over the package and its capabilities
};
std::string_view name_of(Decider decider);

struct AccessReason {
  Decider by = Decider::no_ace;
  AccessMask bits = 0; ///< what was decided, after mapping
  bool granted = false;
  int ace = -1;     ///< index in the DACL (SACL for labels and filters), or -1
  std::string note; ///< an addition for people, or empty
};

struct AccessExplanation {
  std::vector<AccessReason> reasons; ///< in the order in which the steps ran
  std::vector<NodeResult> nodes;     ///< with a result list
};

/// The check. `explanation` costs time and is optional.
AccessResult check_access(const SecurityDescriptor &descriptor, const Token &token, const AccessRequest &request,
                          AccessExplanation *explanation = nullptr);

/// One reason as a sentence: "READ_CONTROL granted by ACE 2 (A;;GA;;;BA) of the DACL".
std::string describe(const AccessReason &reason, const SecurityDescriptor &descriptor, const ObjectType &type,
                     const SidContext &context = {});

/// NtDuplicateObject: rights of the copy, or nothing where the request is refused. Without extra rights in the object's
/// type a duplicate only keeps or reduces; `same_access` is DUPLICATE_SAME_ACCESS.
std::optional<AccessMask> duplicate_handle(AccessMask granted, AccessMask desired, bool same_access,
                                           const GenericMapping &mapping = file_mapping);

} // namespace ringfence::security
