// Writes images that together hold every table the loader reads, as seeds for the fuzzers: pe_seeds
// DIRECTORY.
#include "pe_builder.h"

#include <cstdio>
#include <fstream>

namespace ringfence::pe_builder {
namespace {

std::vector<std::byte> code(std::size_t size) { return std::vector<std::byte>(size, std::byte{0xc3}); }

Description with_everything(std::uint16_t machine, bool pe32_plus) {
  Description d;
  d.machine = machine;
  d.pe32_plus = pe32_plus;
  d.image_base = pe32_plus ? 0x140000000 : 0x10000;
  d.file_alignment = 0x20;
  d.sections = {{".text", 0x68000020, code(64), {}, {}, {}, {}}, {"INIT", 0x62000020, code(16), {}, {}, {}, {}}};
  d.entry = Address{"INIT", 4};
  d.imports = {{"ntoskrnl.exe", {"IoCreateDevice", "#7"}},
               {"WDFLDR.SYS", {"WdfVersionBind"}},
               {"FLTMGR.SYS", {"FltRegisterFilter"}, true}};
  d.exports = {{"DllInitialize", {".text", 8}, {}, {}}, {"Other", {}, "HAL.Halt", {}}};
  d.relocations = {{{".text", 8}, 10}, {{".text", 4}, 3}, {{".text", 12}, 4}, {{".text", 16}, 1}};
  d.load_config.emplace();
  d.load_config->size = pe32_plus ? 0x148 : 0xd0;
  d.load_config->cookie = 0x2b992ddfa232;
  d.load_config->guard_functions = {{".text", 0}, {".text", 16}};
  d.load_config->guard_metadata = 1;
  d.load_config->safe_seh = {{".text", 8}};
  d.load_config->fields = {{"GuardFlags", Value(std::uint64_t{0x10000500})},
                           {"DynamicValueRelocTableSection", Value(1)},
                           {"DynamicValueRelocTableOffset", Value(32)}};
  // An IMAGE_DYNAMIC_RELOCATION_TABLE of version 1 with an empty group of symbol 3.
  auto &text = d.sections[0].bytes;
  text[32] = std::byte{1};
  text[33] = text[34] = text[35] = std::byte{0};
  text[36] = std::byte{12};
  text[40] = std::byte{3};
  for (const auto i : {37, 38, 39, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51})
    text[static_cast<std::size_t>(i)] = std::byte{0};
  d.debug.emplace();
  d.debug->pdb = "d.pdb";
  d.debug->vc_feature = {0, 1, 1, 1, 1};
  d.debug->repro = std::vector<std::byte>(4, std::byte{0xab});
  d.debug->ex_dll_characteristics = 1;
  d.debug->pogo = {{{".text", 0}, 64, ".text$mn"}};
  d.version.emplace();
  d.version->strings = {{"CompanyName", "A"}};
  d.resources = {{"MICROSOFTELAMCERTIFICATEINFO", "MSElamCertInfoID", 0, 0, 0x409, {std::byte{1}}}};
  d.unwind = {
      {{".text", 0}, {".text", 32}, Address{".text", 48}, {{{".text", 4}, {".text", 8}, {"", 1}, {".text", 12}}}},
      {{".text", 32}, {".text", 64}, {}, {}}};
  d.rich = {{0x105, 30034, 7}};
  d.wdf.emplace();
  d.certificates = {{std::byte{0x30}, std::byte{0x80}}};
  return d;
}

bool write(const std::string &path, const std::vector<std::byte> &bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file.good();
}

} // namespace
} // namespace ringfence::pe_builder

int main(int argument_count, char **arguments) {
  using namespace ringfence::pe_builder;
  if (argument_count != 2) {
    std::fputs("usage: pe_seeds DIRECTORY\n", stderr);
    return 2;
  }
  const std::string directory = std::string(arguments[1]) + "/";
  struct Kind {
    const char *name;
    std::uint16_t machine;
    bool pe32_plus;
  };
  bool written = true;
  for (const auto &kind : {Kind{"x64", 0x8664, true}, Kind{"x86", 0x14c, false}, Kind{"arm64", 0xaa64, true},
                           Kind{"arm", 0x1c4, false}, Kind{"ia64", 0x200, true}}) {
    const auto all = with_everything(kind.machine, kind.pe32_plus);
    written &= write(directory + kind.name + "-all", build_pe(all));
    auto low = all;
    low.section_alignment = 0x20;
    written &= write(directory + kind.name + "-low", build_pe(low));
    // One table each: small inputs run faster, and a mutation more often hits the table.
    const auto one = [&](const char *name, auto keep) {
      Description d;
      d.machine = all.machine;
      d.pe32_plus = all.pe32_plus;
      d.image_base = all.image_base;
      d.file_alignment = 0x20;
      d.sections = {{".text", 0x68000020, all.sections[0].bytes, {}, {}, {}, {}}};
      keep(d);
      written &= write(directory + kind.name + name, build_pe(d));
    };
    one("-imports", [&](Description &d) { d.imports = all.imports; });
    one("-exports", [&](Description &d) { d.exports = all.exports; });
    one("-relocations", [&](Description &d) { d.relocations = all.relocations; });
    one("-load-config", [&](Description &d) { d.load_config = all.load_config; });
    one("-debug", [&](Description &d) { d.debug = all.debug; });
    one("-version", [&](Description &d) { d.version = all.version; });
    one("-resources", [&](Description &d) { d.resources = all.resources; });
    one("-unwind", [&](Description &d) { d.unwind = all.unwind; });
    one("-wdf", [&](Description &d) {
      d.wdf = all.wdf;
      d.imports = {all.imports[1]};
    });
    one("-certificates", [&](Description &d) {
      d.certificates = all.certificates;
      d.rich = all.rich;
    });
    Description bare;
    bare.machine = kind.machine;
    bare.pe32_plus = kind.pe32_plus;
    bare.file_alignment = 0x20;
    written &= write(directory + kind.name + "-bare", build_pe(bare));
  }
  return written ? 0 : 1;
}
