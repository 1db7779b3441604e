#include "cookie_reach.h"

#include <algorithm>
#include <vector>

namespace ringfence::facts_build {
namespace {

constexpr unsigned depth_cap = 4;            // GsDriverEntry is one call away; a framework's entry adds two
constexpr std::size_t function_cap = 256;    // functions that are looked through
constexpr std::uint32_t code_cap = 1u << 16; // bytes of one function that are looked at

constexpr const char *check_name = "__security_check_cookie";
constexpr const char *init_name = "__security_init_cookie";
constexpr const char *entry_name = "GsDriverEntry"; // entry point of the WDK's library

std::optional<Rva> find(const pdb::Pdb &pdb, std::string_view name) {
  if (const pdb::Function *function = pdb.function_named(name))
    return function->rva;
  if (const pdb::Public *symbol = pdb.public_named(name))
    return symbol->rva;
  return std::nullopt;
}

/// Bytes of the function that starts at `rva`; without a size, up to the next symbol.
Bytes code_of(const pdb::Pdb &pdb, const image::Image &image, Rva rva) {
  std::uint64_t size = 0;
  if (const pdb::Function *function = pdb.function_at(rva)) {
    size = function->size - (rva.value - function->rva.value);
  } else {
    const auto next = std::upper_bound(pdb.publics().begin(), pdb.publics().end(), rva,
                                       [](Rva at, const pdb::Public &p) { return at < p.rva; });
    size = next == pdb.publics().end() ? 64 : next->rva.value - rva.value;
  }
  const Bytes bytes = image.bytes_from(rva);
  return bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>({size, code_cap, bytes.size()})));
}

/// Addresses that call and jump instructions with an immediate target could name, valid or not.
std::vector<Rva> targets_of(Bytes code, Rva at, bool arm64) {
  std::vector<Rva> out;
  const SpanReader reader(code);
  if (arm64) {
    for (std::uint32_t i = 0; const auto word = reader.get<std::uint32_t>(i); i += 4)
      if ((*word & 0x7c000000) == 0x14000000) { // B, BL: 26 bits, in words
        const std::uint32_t words = (*word & 0x03ffffff) | ((*word & 0x02000000) != 0 ? 0xfc000000 : 0);
        out.push_back(Rva(at.value + i + words * 4));
      }
    return out;
  }
  for (std::uint32_t i = 0; const auto opcode = reader.get<std::uint8_t>(i); ++i)
    if (*opcode == 0xe8 || *opcode == 0xe9) // CALL, JMP rel32
      if (const auto distance = reader.get<std::uint32_t>(i + 1))
        out.push_back(Rva(at.value + i + 5 + *distance));
  return out;
}

/// Breadth first from `entry` through functions that the program database knows.
bool reaches(const pdb::Pdb &pdb, const image::Image &image, Rva entry, Rva goal) {
  const bool arm64 = image.machine() == image::Machine::arm64;
  std::vector<Rva> seen{entry};
  std::size_t level_begin = 0;
  for (unsigned depth = 0; depth <= depth_cap; ++depth) {
    const std::size_t level_end = seen.size();
    for (std::size_t i = level_begin; i < level_end; ++i) {
      if (seen[i] == goal)
        return true;
      for (const Rva target : targets_of(code_of(pdb, image, seen[i]), seen[i], arm64)) {
        const pdb::Function *function = pdb.function_at(target);
        const bool known = target == goal || (function && function->rva == target);
        if (known && seen.size() < function_cap && std::find(seen.begin(), seen.end(), target) == seen.end())
          seen.push_back(target);
      }
    }
    level_begin = level_end;
  }
  return std::find(seen.begin(), seen.end(), goal) != seen.end();
}

} // namespace

facts::PdbCookieFacts cookie_facts(const pdb::Pdb &pdb, const image::Image &image) {
  facts::PdbCookieFacts out;
  out.checked = find(pdb, check_name).has_value();
  const Rva entry = image.headers().entry_point;
  if (const auto name = pdb.name_at(entry))
    out.entry = name->name;
  const auto init = find(pdb, init_name);
  const auto library_entry = find(pdb, entry_name);
  out.initializer = init ? init_name : library_entry ? entry_name : "";
  const image::Machine machine = image.machine();
  const bool decodable =
      machine == image::Machine::i386 || machine == image::Machine::amd64 || machine == image::Machine::arm64;
  if (entry.value == 0 || !decodable)
    return out;
  // Where the compiler inlined the initializer into the library's entry point, that entry point is enough.
  out.reached =
      (init && reaches(pdb, image, entry, *init)) || (library_entry && reaches(pdb, image, entry, *library_entry));
  return out;
}

} // namespace ringfence::facts_build
