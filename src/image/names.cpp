// The words for the enumerations of this room.
#include <ringfence/image/image.h>

namespace ringfence::image {

std::string_view name_of(Machine machine) {
  switch (machine) {
  case Machine::i386:
    return "x86";
  case Machine::arm:
  case Machine::thumb:
  case Machine::armnt:
    return "ARM";
  case Machine::ia64:
    return "IA64";
  case Machine::ebc:
    return "EBC";
  case Machine::amd64:
    return "x64";
  case Machine::chpe_x86:
    return "CHPE-x86";
  case Machine::arm64:
    return "ARM64";
  case Machine::arm64ec:
    return "ARM64EC";
  case Machine::arm64x:
    return "ARM64X";
  case Machine::unknown:
    break;
  }
  return "unknown";
}

std::string_view name_of(Part part) {
  constexpr std::string_view names[part_count] = {"headers",       "sections",  "imports",     "delay imports",
                                                  "bound imports", "exports",   "relocations", "load configuration",
                                                  "debug",         "resources", "version",     "unwind",
                                                  "Rich header",   "TLS",       "certificates"};
  return names[static_cast<std::size_t>(part)];
}

std::string_view name_of(RelocationType type, Machine machine) {
  const bool arm = machine == Machine::arm || machine == Machine::thumb || machine == Machine::armnt;
  switch (type) {
  case RelocationType::absolute:
    return "ABSOLUTE";
  case RelocationType::high:
    return "HIGH";
  case RelocationType::low:
    return "LOW";
  case RelocationType::highlow:
    return "HIGHLOW";
  case RelocationType::highadj:
    return "HIGHADJ";
  case RelocationType::arm_mov32:
    return arm ? "ARM_MOV32" : "MIPS_JMPADDR";
  case RelocationType::reserved:
    return "RESERVED";
  case RelocationType::thumb_mov32:
    return arm ? "THUMB_MOV32" : "RISCV_LOW12I";
  case RelocationType::riscv_low12s:
    return "RISCV_LOW12S";
  case RelocationType::ia64_imm64:
    return machine == Machine::ia64 ? "IA64_IMM64" : "MIPS_JMPADDR16";
  case RelocationType::dir64:
    return "DIR64";
  case RelocationType::high3adj:
    return "HIGH3ADJ";
  }
  return "unknown";
}

std::string_view debug_type_name(std::uint32_t type) {
  constexpr std::string_view names[] = {"UNKNOWN",    "COFF",         "CODEVIEW",
                                        "FPO",        "MISC",         "EXCEPTION",
                                        "FIXUP",      "OMAP_TO_SRC",  "OMAP_FROM_SRC",
                                        "BORLAND",    "RESERVED10",   "CLSID",
                                        "VC_FEATURE", "POGO",         "ILTCG",
                                        "MPX",        "REPRO",        "EMBEDDED_PORTABLE_PDB",
                                        "SPGO",       "PDB_CHECKSUM", "EX_DLLCHARACTERISTICS"};
  return type < std::size(names) ? names[type] : std::string_view("unknown");
}

} // namespace ringfence::image
