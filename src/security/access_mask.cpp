#include <ringfence/security/access_mask.h>

#include <ringfence/base/text.h>
#include <ringfence/security/sddl_words.h>

#include <algorithm>
#include <array>

namespace ringfence::security {
namespace {

using Names = std::string_view;

constexpr Names file_rights[] = {"FILE_READ_DATA",    "FILE_WRITE_DATA",      "FILE_APPEND_DATA",
                                 "FILE_READ_EA",      "FILE_WRITE_EA",        "FILE_EXECUTE",
                                 "FILE_DELETE_CHILD", "FILE_READ_ATTRIBUTES", "FILE_WRITE_ATTRIBUTES"};
constexpr Names directory_rights[] = {"DIRECTORY_QUERY", "DIRECTORY_TRAVERSE", "DIRECTORY_CREATE_OBJECT",
                                      "DIRECTORY_CREATE_SUBDIRECTORY"};
constexpr Names event_rights[] = {"EVENT_QUERY_STATE", "EVENT_MODIFY_STATE"};
constexpr Names mutant_rights[] = {"MUTANT_QUERY_STATE"};
constexpr Names semaphore_rights[] = {"SEMAPHORE_QUERY_STATE", "SEMAPHORE_MODIFY_STATE"};
constexpr Names timer_rights[] = {"TIMER_QUERY_STATE", "TIMER_MODIFY_STATE"};
constexpr Names symbolic_link_rights[] = {"SYMBOLIC_LINK_QUERY", "SYMBOLIC_LINK_SET"};
constexpr Names section_rights[] = {"SECTION_QUERY",       "SECTION_MAP_WRITE",   "SECTION_MAP_READ",
                                    "SECTION_MAP_EXECUTE", "SECTION_EXTEND_SIZE", "SECTION_MAP_EXECUTE_EXPLICIT"};
constexpr Names key_rights[] = {"KEY_QUERY_VALUE",        "KEY_SET_VALUE", "KEY_CREATE_SUB_KEY",
                                "KEY_ENUMERATE_SUB_KEYS", "KEY_NOTIFY",    "KEY_CREATE_LINK"};
constexpr Names process_rights[] = {"PROCESS_TERMINATE",
                                    "PROCESS_CREATE_THREAD",
                                    "PROCESS_SET_SESSIONID",
                                    "PROCESS_VM_OPERATION",
                                    "PROCESS_VM_READ",
                                    "PROCESS_VM_WRITE",
                                    "PROCESS_DUP_HANDLE",
                                    "PROCESS_CREATE_PROCESS",
                                    "PROCESS_SET_QUOTA",
                                    "PROCESS_SET_INFORMATION",
                                    "PROCESS_QUERY_INFORMATION",
                                    "PROCESS_SUSPEND_RESUME",
                                    "PROCESS_QUERY_LIMITED_INFORMATION",
                                    "PROCESS_SET_LIMITED_INFORMATION"};
constexpr Names thread_rights[] = {"THREAD_TERMINATE",
                                   "THREAD_SUSPEND_RESUME",
                                   "THREAD_ALERT",
                                   "THREAD_GET_CONTEXT",
                                   "THREAD_SET_CONTEXT",
                                   "THREAD_SET_INFORMATION",
                                   "THREAD_QUERY_INFORMATION",
                                   "THREAD_SET_THREAD_TOKEN",
                                   "THREAD_IMPERSONATE",
                                   "THREAD_DIRECT_IMPERSONATION",
                                   "THREAD_SET_LIMITED_INFORMATION",
                                   "THREAD_QUERY_LIMITED_INFORMATION",
                                   "THREAD_RESUME"};
constexpr Names token_rights[] = {"TOKEN_ASSIGN_PRIMARY", "TOKEN_DUPLICATE",      "TOKEN_IMPERSONATE",
                                  "TOKEN_QUERY",          "TOKEN_QUERY_SOURCE",   "TOKEN_ADJUST_PRIVILEGES",
                                  "TOKEN_ADJUST_GROUPS",  "TOKEN_ADJUST_DEFAULT", "TOKEN_ADJUST_SESSIONID"};
constexpr Names job_rights[] = {
    "JOB_OBJECT_ASSIGN_PROCESS", "JOB_OBJECT_SET_ATTRIBUTES",          "JOB_OBJECT_QUERY",
    "JOB_OBJECT_TERMINATE",      "JOB_OBJECT_SET_SECURITY_ATTRIBUTES", "JOB_OBJECT_IMPERSONATE"};
constexpr Names port_rights[] = {"PORT_CONNECT"};
constexpr Names filter_port_rights[] = {"FLT_PORT_CONNECT"};
constexpr Names station_rights[] = {
    "WINSTA_ENUMDESKTOPS",    "WINSTA_READATTRIBUTES",    "WINSTA_ACCESSCLIPBOARD", "WINSTA_CREATEDESKTOP",
    "WINSTA_WRITEATTRIBUTES", "WINSTA_ACCESSGLOBALATOMS", "WINSTA_EXITWINDOWS",     "",
    "WINSTA_ENUMERATE",       "WINSTA_READSCREEN"};
constexpr Names desktop_rights[] = {"DESKTOP_READOBJECTS", "DESKTOP_CREATEWINDOW",  "DESKTOP_CREATEMENU",
                                    "DESKTOP_HOOKCONTROL", "DESKTOP_JOURNALRECORD", "DESKTOP_JOURNALPLAYBACK",
                                    "DESKTOP_ENUMERATE",   "DESKTOP_WRITEOBJECTS",  "DESKTOP_SWITCHDESKTOP"};
constexpr Names completion_rights[] = {"IO_COMPLETION_QUERY_STATE", "IO_COMPLETION_MODIFY_STATE"};
constexpr Names guid_rights[] = {"WMIGUID_QUERY",
                                 "WMIGUID_SET",
                                 "WMIGUID_NOTIFICATION",
                                 "WMIGUID_READ_DESCRIPTION",
                                 "WMIGUID_EXECUTE",
                                 "TRACELOG_CREATE_REALTIME",
                                 "TRACELOG_CREATE_ONDISK",
                                 "TRACELOG_GUID_ENABLE",
                                 "TRACELOG_ACCESS_KERNEL_LOGGER",
                                 "TRACELOG_LOG_EVENT",
                                 "TRACELOG_ACCESS_REALTIME",
                                 "TRACELOG_REGISTER_GUIDS"};
constexpr Names service_rights[] = {
    "SERVICE_QUERY_CONFIG",         "SERVICE_CHANGE_CONFIG", "SERVICE_QUERY_STATUS",
    "SERVICE_ENUMERATE_DEPENDENTS", "SERVICE_START",         "SERVICE_STOP",
    "SERVICE_PAUSE_CONTINUE",       "SERVICE_INTERROGATE",   "SERVICE_USER_DEFINED_CONTROL"};

// Mappings: winnt.h, ntifs.h and the object types as Windows shows them (!object \ObjectTypes).
constexpr ObjectType types[] = {
    {"ALPC Port", {0x20001, 0x10001, 0x0, 0x1f0001}, port_rights},
    {"Desktop", {0x20041, 0x200be, 0x20100, 0xf01ff}, desktop_rights},
    {"Device", file_mapping, file_rights},
    {"Directory", {0x20003, 0x2000c, 0x20003, 0xf000f}, directory_rights},
    {"Event", {0x20001, 0x20002, 0x120000, 0x1f0003}, event_rights},
    {"File", file_mapping, file_rights},
    {"FilterConnectionPort", {0x20001, 0x10001, 0x0, 0x1f0001}, filter_port_rights},
    {"IoCompletion", {0x20001, 0x20002, 0x120000, 0x1f0003}, completion_rights},
    {"Job", {0x20004, 0x2000b, 0x120000, 0x1f003f}, job_rights},
    {"Key", {0x20019, 0x20006, 0x20039, 0xf003f}, key_rights},
    {"Mutant", {0x20001, 0x20000, 0x120000, 0x1f0001}, mutant_rights},
    {"Process", {0x20410, 0x20bea, 0x121001, 0x1fffff}, process_rights},
    {"Section", {0x20005, 0x20002, 0x20008, 0xf001f}, section_rights},
    {"Semaphore", {0x20001, 0x20002, 0x120000, 0x1f0003}, semaphore_rights},
    {"Service", {0x2008d, 0x20002, 0x20170, 0xf01ff}, service_rights},
    {"SymbolicLink", {0x20001, 0x20000, 0x20001, 0xf0001}, symbolic_link_rights},
    {"Thread", {0x20048, 0x20437, 0x121800, 0x1fffff}, thread_rights},
    {"Timer", {0x20001, 0x20002, 0x120000, 0x1f0003}, timer_rights},
    {"Token", {0x2001a, 0x201e0, 0x20005, 0xf01ff}, token_rights},
    {"WindowStation", {0x20303, 0x2001c, 0x20060, 0xf037f}, station_rights},
    {"WmiGuid", {0x20001, 0x20002, 0x120ff0, 0x120fff}, guid_rights},
};
static_assert(std::ranges::is_sorted(types, {}, &ObjectType::name));

struct NamedMask {
  std::string_view name;
  AccessMask mask;
};
constexpr NamedMask standard_names[] = {
    {"DELETE", access::delete_},
    {"READ_CONTROL", access::read_control},
    {"WRITE_DAC", access::write_dac},
    {"WRITE_OWNER", access::write_owner},
    {"SYNCHRONIZE", access::synchronize},
    {"ACCESS_SYSTEM_SECURITY", access::system_security},
    {"MAXIMUM_ALLOWED", access::maximum_allowed},
    {"GENERIC_ALL", access::generic_all},
    {"GENERIC_EXECUTE", access::generic_execute},
    {"GENERIC_WRITE", access::generic_write},
    {"GENERIC_READ", access::generic_read},
};

std::optional<AccessMask> mask_of_word(std::string_view word, const ObjectType &type) {
  if (const auto number = parse_unsigned(word))
    return *number <= 0xffffffffu ? std::optional(static_cast<AccessMask>(*number)) : std::nullopt;
  for (const NamedMask &named : standard_names)
    if (ascii_iequals(word, named.name))
      return named.mask;
  for (std::size_t i = 0; i < type.rights.size(); ++i)
    if (!type.rights[i].empty() && ascii_iequals(word, type.rights[i]))
      return AccessMask{1} << i;
  if (ascii_iequals(word, "FILE_ALL_ACCESS"))
    return access::file_all_access;
  AccessMask mask = 0;
  for (std::string_view rest = word; !rest.empty(); rest.remove_prefix(2)) {
    const auto right = rest.size() >= 2 ? find_right(rest.substr(0, 2), false) : std::nullopt;
    if (!right)
      return std::nullopt;
    mask |= *right;
  }
  return mask;
}

} // namespace

std::span<const ObjectType> object_types() { return types; }

const ObjectType *find_object_type(std::string_view name) {
  const auto found =
      std::ranges::find_if(types, [&](const ObjectType &type) { return ascii_iequals(type.name, name); });
  return found == std::end(types) ? nullptr : &*found;
}

const ObjectType &device_type_rights() { return *find_object_type("Device"); }

std::string describe(AccessMask mask, const ObjectType &type) {
  if (mask == type.mapping.all)
    return type.mapping == file_mapping ? "FILE_ALL_ACCESS" : "all rights";
  std::string text;
  const auto add = [&](std::string_view word) {
    if (!text.empty())
      text += " | ";
    text += word;
  };
  for (std::size_t i = 0; i < type.rights.size(); ++i)
    if (const AccessMask bit = AccessMask{1} << i; (mask & bit) && !type.rights[i].empty()) {
      add(type.rights[i]);
      mask &= ~bit;
    }
  for (const NamedMask &named : standard_names)
    if (mask & named.mask) {
      add(named.name);
      mask &= ~named.mask;
    }
  if (mask)
    add(hex(mask));
  return text.empty() ? "0" : text;
}

std::optional<AccessMask> mask_from_text(std::string_view text, const ObjectType &type) {
  AccessMask mask = 0;
  std::string joined(text);
  std::ranges::replace(joined, ',', '|');
  for (const std::string_view part : split(joined, '|')) {
    const auto one = mask_of_word(trim(part), type);
    if (!one || trim(part).empty())
      return std::nullopt;
    mask |= *one;
  }
  return mask;
}

} // namespace ringfence::security
