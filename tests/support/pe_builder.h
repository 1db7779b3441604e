// Builds small PE32 and PE32+ images in memory from a plain description: for unit tests, rule
// fixtures and fuzz seeds. What is not described gets the value a regular driver has, so a
// description names only its deviation. Nothing is checked: a description can ask for
// contradictions, and `patches` can break whatever is left.
//
// Keys of the TOML (Value) form, all optional; integers also as "0x.." strings:
//   machine = "x64" | "x86" | "ARM64" | "ARM" | "IA64" | integer          (x64)
//   pe32_plus = bool                                                     (true except for x86 and
//   ARM) characteristics, dll_characteristics, subsystem, image_base, section_alignment,
//   file_alignment, time_date_stamp, size_of_headers, size_of_image, image_version = "10.0",
//   os_version = "10.0", subsystem_version = "10.0", linker = "14.36" checksum = "correct" |
//   integer                                       (correct) entry = ADDRESS (start of the first
//   executable section) overlay = "hex"          bytes behind the last section certificates =
//   ["hex"]   WIN_CERTIFICATE entries: each bCertificate, revision 0x200, type 2
//   [[sections]] name, flags = "rwx" letters (below) or integer, bytes = "hex" or text = "..", fill
//   = byte, size = bytes in the file
//                (zero or `fill` behind the content), virtual_size, rva, raw_pointer, raw_size
//                letters: r read, w write, x execute, c code, i initialised, u uninitialised, d
//                discardable, n not paged, s shared
//   [[imports]]  module, functions = ["Name", "#7" by ordinal], delayed = bool, bound = time stamp
//   imports_in = section of descriptors and names (INIT when described, else .rdata); iat_in =
//   section (.rdata)
//   [[exports]]  name, at = ADDRESS or forward = "MODULE.Name", ordinal      export_name =
//   "driver.sys"
//   [[relocations]] at = ADDRESS, type = "DIR64" | "HIGHLOW" | "HIGH" | "LOW" | "ABSOLUTE" |
//   integer (pointer-sized) [load_config] size, in = section, cookie = value of __security_cookie
//   (stored in .data; fills SecurityCookie),
//                guard_functions = [ADDRESS], guard_metadata = bytes behind each, safe_seh =
//                [ADDRESS], and any SDK field name with an integer or an ADDRESS (stored as VA),
//                for example GuardFlags = 0x500
//   [debug] pdb = "path", guid = "32 hex", age, nb10 = bool, repro = "hex", ex_dll_characteristics,
//   vc_feature = [n, n, n, n, n],
//           pogo = [{at = ADDRESS, size, name}]
//   [version] file = "1.2.3.4", product = "1.2.3.4", flags, type (3 = driver), table = "040904b0",
//   strings = {CompanyName = ".."}
//   [[resources]] type = integer or "TEXT", name = integer or "TEXT", language, bytes = "hex" or
//   text = ".."
//   [[unwind]] begin = ADDRESS, end = ADDRESS, handler = ADDRESS, scopes = [[begin, end, handler,
//   target]]   (x64) [rich] entries = [[product, build, count]], key = integer (else the right
//   checksum) [wdf] library = "KmdfLibrary" | "UmdfLibrary", version = "1.15.7600", functions =
//   integer
//   [[strings]] text = "..", wide = bool (true), in = section (.rdata), name = label for ADDRESS
//   "@name"
//   [[pointers]] at = ADDRESS, to = ADDRESS   (a VA is stored there; give a relocation for it
//   yourself)
//   [[patches]] offset = file offset or at = ADDRESS, bytes = "hex"          (applied last, before
//   the checksum)
// ADDRESS is an integer RVA, "SECTION+0x10", or "@label+8" where label is one of iat, imports,
// load_config, cookie, guard_functions, safe_seh, debug, relocations, resources, exports, unwind,
// wdf, or the name of a string.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/value.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringfence::pe_builder {

/// An RVA, absolute or relative to a section or a label ("@iat").
struct Address {
  std::string anchor; ///< empty: `offset` is the RVA
  std::uint32_t offset = 0;
};

struct SectionDescription {
  std::string name;
  std::uint32_t flags = 0;
  std::vector<std::byte> bytes;
  std::optional<std::uint32_t> virtual_size, rva, raw_pointer, raw_size;
};

struct ImportDescription {
  std::string module;
  std::vector<std::string> functions; ///< "#7": by ordinal
  bool delayed = false;
  std::uint32_t bound = 0;
};

struct ExportDescription {
  std::string name; ///< empty: by ordinal only
  Address at;
  std::string forward;
  std::optional<std::uint32_t> ordinal;
};

struct RelocationDescription {
  Address at;
  std::uint8_t type = 10;
};

struct LoadConfigDescription {
  std::optional<std::uint32_t> size; ///< else up to the last field that is set, at least up to GuardFlags
  std::string section = ".rdata";
  std::optional<std::uint64_t> cookie;
  std::vector<Address> guard_functions, safe_seh;
  std::uint32_t guard_metadata = 0;
  std::vector<std::pair<std::string, Value>> fields; ///< SDK names
};

struct DebugDescription {
  std::optional<std::string> pdb;
  std::vector<std::byte> guid = std::vector<std::byte>(16, std::byte{0x11});
  std::uint32_t age = 1;
  bool nb10 = false;
  std::optional<std::vector<std::byte>> repro;
  std::optional<std::uint32_t> ex_dll_characteristics;
  std::vector<std::uint32_t> vc_feature;
  struct Pogo {
    Address at;
    std::uint32_t size = 0;
    std::string name;
  };
  std::vector<Pogo> pogo;
};

struct VersionDescription {
  std::string file = "1.0.0.0", product = "1.0.0.0";
  std::uint32_t flags = 0, type = 3;
  std::string table = "040904b0";
  std::vector<std::pair<std::string, std::string>> strings;
};

struct ResourceDescription {
  std::string type_text, name_text; ///< used when not empty
  std::uint32_t type = 10, name = 1, language = 0x409;
  std::vector<std::byte> bytes;
};

struct UnwindDescription {
  Address begin, end;
  std::optional<Address> handler;
  std::vector<std::vector<Address>> scopes; ///< four addresses each
};

struct StringDescription {
  std::string text, section = ".rdata", name;
  bool wide = true;
};

struct WdfDescription {
  std::string library = "KmdfLibrary", version = "1.15.7600";
  std::uint32_t functions = 444;
};

struct PatchDescription {
  std::optional<std::uint32_t> offset; ///< file offset; else `at`
  Address at;
  std::vector<std::byte> bytes;
};

struct Description {
  std::uint16_t machine = 0x8664;
  bool pe32_plus = true;
  std::uint16_t characteristics = 0x22;
  std::uint16_t dll_characteristics = 0x160;
  std::uint16_t subsystem = 1;
  std::uint64_t image_base = 0x140000000;
  std::uint32_t section_alignment = 0x1000, file_alignment = 0x200, time_date_stamp = 0x60000000;
  std::optional<std::uint32_t> size_of_headers, size_of_image, checksum;
  std::string image_version = "10.0", os_version = "10.0", subsystem_version = "10.0", linker = "14.36";
  std::optional<Address> entry;
  std::vector<SectionDescription> sections;
  std::vector<ImportDescription> imports;
  std::string imports_in, iat_in = ".rdata", export_name = "driver.sys";
  std::vector<ExportDescription> exports;
  std::vector<RelocationDescription> relocations;
  std::optional<LoadConfigDescription> load_config;
  std::optional<DebugDescription> debug;
  std::optional<VersionDescription> version;
  std::vector<ResourceDescription> resources;
  std::vector<UnwindDescription> unwind;
  std::vector<std::vector<std::uint32_t>> rich; ///< {product, build, count}
  std::optional<std::uint32_t> rich_key;
  std::optional<WdfDescription> wdf;
  std::vector<StringDescription> strings;
  std::vector<std::pair<Address, Address>> pointers;
  std::vector<std::byte> overlay;
  std::vector<std::vector<std::byte>> certificates;
  std::vector<PatchDescription> patches;
};

/// The description of the Value form above; `invalid` names an unknown key or a value of the wrong
/// kind.
Result<Description> describe(const Value &value);
/// "SECTION+0x10", "@label", or an integer in text; `invalid` otherwise.
Result<Address> parse_address(std::string_view text);

/// The image's bytes. Addresses that name nothing count as zero.
std::vector<std::byte> build_pe(const Description &description);
/// build_pe(describe(value)); empty when describe() refuses the value.
std::vector<std::byte> build_pe(const Value &value);

} // namespace ringfence::pe_builder
