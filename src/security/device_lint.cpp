#include <ringfence/security/device_lint.h>

#include <ringfence/base/text.h>
#include <ringfence/security/guid.h>
#include <ringfence/security/reach.h>
#include <ringfence/security/sddl.h>

#include <algorithm>
#include <array>

namespace ringfence::security {
namespace {

using namespace access;

struct SetupClass {
  std::string_view guid;
  std::string_view name;
};
// "System-Defined Device Setup Classes": the ones a software driver is tempted to borrow.
constexpr SetupClass setup_classes[] = {
    {"25dbce51-6c8f-4a72-8a6d-b54c2b4fc835", "WCEUSBS"},
    {"36fc9e60-c465-11cf-8056-444553540000", "USB"},
    {"4d36e965-e325-11ce-bfc1-08002be10318", "CDROM"},
    {"4d36e966-e325-11ce-bfc1-08002be10318", "Computer"},
    {"4d36e967-e325-11ce-bfc1-08002be10318", "DiskDrive"},
    {"4d36e968-e325-11ce-bfc1-08002be10318", "Display"},
    {"4d36e969-e325-11ce-bfc1-08002be10318", "FDC"},
    {"4d36e96a-e325-11ce-bfc1-08002be10318", "HDC"},
    {"4d36e96b-e325-11ce-bfc1-08002be10318", "Keyboard"},
    {"4d36e96c-e325-11ce-bfc1-08002be10318", "MEDIA"},
    {"4d36e96d-e325-11ce-bfc1-08002be10318", "Modem"},
    {"4d36e96e-e325-11ce-bfc1-08002be10318", "Monitor"},
    {"4d36e96f-e325-11ce-bfc1-08002be10318", "Mouse"},
    {"4d36e971-e325-11ce-bfc1-08002be10318", "Multifunction"},
    {"4d36e972-e325-11ce-bfc1-08002be10318", "Net"},
    {"4d36e978-e325-11ce-bfc1-08002be10318", "Ports"},
    {"4d36e979-e325-11ce-bfc1-08002be10318", "Printer"},
    {"4d36e97b-e325-11ce-bfc1-08002be10318", "SCSIAdapter"},
    {"4d36e97d-e325-11ce-bfc1-08002be10318", "System"},
    {"50127dc3-0f36-415e-a6cc-4cb3be910b65", "Processor"},
    {"50dd5230-ba8a-11d1-bf5d-0000f805f530", "SmartCardReader"},
    {"53d29ef7-377c-4d14-864b-eb3a85769359", "Biometric"},
    {"5c4c3332-344d-483c-8739-259e934c9cc8", "SoftwareComponent"},
    {"62f9c741-b25a-46ce-b54c-9bccce08b6f2", "SoftwareDevice"},
    {"6bdd1fc6-810f-11d0-bec7-08002be2092f", "Image"},
    {"71a27cdd-812a-11d0-bec7-08002be2092f", "Volume"},
    {"72631e54-78a4-11d0-bcf7-00aa00b7b32a", "Battery"},
    {"745a17a0-74d3-11d0-b6fe-00a0c90f57da", "HIDClass"},
    {"88bae032-5a81-49f0-bc3d-a4ff138216d6", "USBDevice"},
    {"ca3e7ab9-b4c3-4ae6-8251-579ef933890f", "Camera"},
    {"e0cbf06c-cd8b-4647-bb8a-263b43f0f974", "Bluetooth"},
    {"eec5ad98-8080-425f-922a-dabf3de3f69a", "WPD"},
};
static_assert(std::ranges::is_sorted(setup_classes, {}, &SetupClass::guid));

constexpr AccessMask write_bits = file_write_data | file_append_data;

// What IoCreateDeviceSecure documents: names in wdmsec.h and "SDDL for Device Objects".
constexpr std::string_view subset_sids[] = {"SY", "LS", "NS", "BA", "BU", "BG", "AU",
                                            "AN", "IU", "NU", "WD", "RC", "UD"};
constexpr AccessMask subset_rights = generic_bits | read_control | delete_ | write_dac | write_owner;

class Lint {
public:
  Lint(std::string_view text, const LintRequest &request) : text_(text), request_(request) {}

  Result<std::vector<LintFinding>> run() {
    auto parsed = parse_sddl(text_, {SddlMode::windows, request_.context});
    if (!parsed)
      return parsed.error();
    sd_ = std::move(parsed->descriptor);
    for (const SddlFinding &leniency : parsed->leniencies)
      add({"lenient-syntax", LintSeverity::warning, -1, leniency.column,
           "only Windows' reader accepts this: " + leniency.what, "write it as the grammar has it"});
    locate_entries();
    whole();
    if (sd_.dacl)
      for (std::size_t i = 0; i < sd_.dacl->aces.size(); ++i)
        entry(static_cast<int>(i), sd_.dacl->aces[i]);
    class_guid();
    return std::move(findings_);
  }

private:
  void add(LintFinding finding) { findings_.push_back(std::move(finding)); }
  std::size_t column_of(int ace) const {
    const auto index = static_cast<std::size_t>(ace);
    return index < columns_.size() ? columns_[index] : 0;
  }
  void locate_entries() {
    // Entries of the DACL start at an opening parenthesis of depth 1 behind D:.
    const std::size_t dacl = text_.find("D:");
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = dacl == std::string_view::npos ? text_.size() : dacl; i < text_.size(); ++i) {
      quoted = quoted != (text_[i] == '"');
      if (quoted)
        continue;
      if (text_[i] == '(' && depth++ == 0)
        columns_.push_back(i + 1);
      else if (text_[i] == ')' && depth)
        --depth;
      else if (depth == 0 && text_.substr(i).starts_with("S:"))
        break;
    }
  }
  void whole();
  void entry(int index, const Ace &ace);
  void subset(int index, const Ace &ace);
  void rights(int index, const Ace &ace, std::string_view who);
  void class_guid();

  std::string_view text_;
  const LintRequest &request_;
  SecurityDescriptor sd_;
  std::vector<std::size_t> columns_;
  std::vector<LintFinding> findings_;
};

void Lint::whole() {
  if (!sd_.dacl) {
    add({"null-dacl", LintSeverity::error, -1, 1,
         sd_.null_dacl() ? "a null DACL lets every caller do everything"
                         : "there is no DACL: every caller may do everything",
         "D:P(A;;GA;;;SY)(A;;GA;;;BA)"});
    return;
  }
  if (!(sd_.control & control::dacl_protected))
    add({"not-protected", LintSeverity::warning, -1, text_.find("D:") + 1,
         "without P the entries of the containing directory may be inherited", "write D:P(...)"});
  const bool empty = sd_.dacl->aces.empty();
  if (empty)
    add({"empty-dacl", LintSeverity::note, -1, text_.find("D:") + 1,
         "an empty DACL admits no caller from user mode; only the owner may change it (SDDL_DEVOBJ_KERNEL_ONLY)", ""});
  const bool serves_system = std::ranges::any_of(sd_.dacl->aces, [](const Ace &ace) {
    return ace.sid == sids::system && ace.type == AceType::allow && !ace.inherit_only();
  });
  if (!empty && !serves_system)
    add({"no-system", LintSeverity::warning, -1, 0,
         "nothing is granted to SYSTEM: Plug and Play and services cannot open the device", "add (A;;GA;;;SY)"});
  if (!is_canonical(*sd_.dacl))
    add({"not-canonical", LintSeverity::warning, -1, 0,
         "an allow entry stands before a deny entry: the denial does not apply to what is already granted",
         "put deny entries first"});
  if (request_.secure_create_subset && (sd_.owner || sd_.group || sd_.sacl_present()))
    add({"outside-subset", LintSeverity::warning, -1, 1,
         "IoCreateDeviceSecure documents a DACL only: no owner, group or SACL", "keep D:P(...) and nothing else"});
}

void Lint::subset(int index, const Ace &ace) {
  std::string what;
  const std::string_view alias = alias_of(ace.sid, request_.context);
  if (ace.type != AceType::allow)
    what = "only allow entries (A) are documented";
  else if (ace.flags)
    what = "inheritance flags are not documented";
  else if (std::ranges::find(subset_sids, alias) == std::end(subset_sids))
    what = "the SID " + (alias.empty() ? to_string(ace.sid) : std::string(alias)) +
           " is not among SY LS NS BA BU BG AU AN IU NU WD RC UD";
  else if (const std::size_t at = column_of(index); at && (ace.mask & ~subset_rights)) {
    // Hexadecimal masks are documented; other right words are not.
    const auto fields = split(text_.substr(at), ';');
    if (fields.size() > 2 && !ascii_istarts_with(trim(fields[2]), "0x"))
      what = "the rights " + std::string(fields[2]) + " are not among GA GR GW GX RC SD WD WO and 0x...";
  }
  if (!what.empty())
    add({"outside-subset", LintSeverity::warning, index, column_of(index),
         "outside the subset that IoCreateDeviceSecure documents: " + what,
         "test the string on every Windows version you support, or put it into the INF"});
}

void Lint::rights(int index, const Ace &ace, std::string_view who) {
  const AccessMask mask = file_mapping.map(ace.mask);
  const ReachClass reach = class_of(ace.sid);
  const bool wide = reach >= ReachClass::any_user;
  const std::string name(who);
  if (wide && (mask & file_all_access) == file_all_access)
    add({"world-all", LintSeverity::error, index, column_of(index), name + " gets GENERIC_ALL",
         "grant the rights the callers use"});
  else if (wide && (mask & write_bits))
    add({"world-write", LintSeverity::error, index, column_of(index),
         name + " may open the device for writing: control codes with FILE_WRITE_DATA are open to it",
         "limit writing to SY and BA"});
  else if (wide && (mask & file_read_data))
    add({"world-read", LintSeverity::note, index, column_of(index),
         name + " may open the device: control codes with FILE_ANY_ACCESS and FILE_READ_DATA are open to it", ""});
  else if (wide && mask)
    add({"world-open", LintSeverity::note, index, column_of(index),
         name + " may open the device: control codes with FILE_ANY_ACCESS are open to it", ""});
  const bool trusted = reach == ReachClass::system || reach == ReachClass::admin || reach == ReachClass::none;
  const bool everything = (mask & file_all_access) == file_all_access;
  if (!trusted && !(wide && everything) && (mask & (write_dac | write_owner)))
    add({"write-dac", LintSeverity::error, index, column_of(index),
         name + " may rewrite the descriptor (WRITE_DAC, WRITE_OWNER)", "leave WD and WO to SY and BA"});
  if (mask == file_mapping.write)
    add({"write-only", LintSeverity::note, index, column_of(index),
         name + " gets GENERIC_WRITE alone: CreateFile adds FILE_READ_ATTRIBUTES and fails, NtCreateFile does not",
         "grant GRGW"});
}

void Lint::entry(int index, const Ace &ace) {
  if (request_.secure_create_subset)
    subset(index, ace);
  if (ace.inherit_only()) {
    add({"inherit-only", LintSeverity::note, index, column_of(index), "an inherit-only entry does nothing on a device",
         "remove it"});
    return;
  }
  const bool allow = ace.type == AceType::allow || ace.type == AceType::allow_callback;
  if (allow)
    rights(index, ace, describe(ace.sid, request_.context));
}

void Lint::class_guid() {
  if (!request_.class_guid)
    return;
  std::string_view text = trim(*request_.class_guid);
  if (text.starts_with('{') && text.ends_with('}'))
    text = text.substr(1, text.size() - 2);
  if (!parse_guid(text)) {
    add({"bad-class-guid", LintSeverity::error, -1, 0, "the class GUID is not a GUID", ""});
    return;
  }
  if (const std::string_view name = setup_class_name(text); !name.empty())
    add({"class-guid-reused", LintSeverity::error, -1, 0,
         "the class GUID is that of the setup class " + std::string(name) +
             ": its registry Security replaces this descriptor, and ours may become that of other devices",
         "generate a GUID for this device (uuidgen)"});
}

} // namespace

std::string_view name_of(LintSeverity severity) {
  constexpr std::array<std::string_view, 3> names = {"note", "warning", "error"};
  return names[static_cast<std::size_t>(severity)];
}

std::string_view setup_class_name(std::string_view guid) {
  const std::string lower = ascii_lower(guid);
  const auto found = std::ranges::lower_bound(setup_classes, std::string_view(lower), {}, &SetupClass::guid);
  return found != std::end(setup_classes) && found->guid == lower ? found->name : std::string_view{};
}

Result<std::vector<LintFinding>> lint_device_sddl(std::string_view sddl, const LintRequest &request) {
  return Lint(sddl, request).run();
}

} // namespace ringfence::security
