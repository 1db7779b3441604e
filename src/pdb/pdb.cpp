#include <ringfence/pdb/pdb.h>

#include "contents.h"
#include "msf.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <tuple>

namespace ringfence::pdb {
namespace {

/// Fields `from` to `from + count`, most significant first when `reversed`.
std::string guid_field(const std::array<std::uint8_t, 16> &guid, std::size_t from, std::size_t count, bool reversed) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t byte = guid[from + (reversed ? count - 1 - i : i)];
    text += "0123456789ABCDEF"[byte >> 4];
    text += "0123456789ABCDEF"[byte & 15];
  }
  return text;
}

/// The last element whose address is not above `rva`, or the end.
template <class Table> auto last_at_or_below(const Table &table, Rva rva) {
  const auto above =
      std::upper_bound(table.begin(), table.end(), rva, [](Rva at, const auto &entry) { return at < entry.rva; });
  return above == table.begin() ? table.end() : std::prev(above);
}

} // namespace

std::string to_string(const Identity &identity) {
  const auto &g = identity.guid;
  return "{" + guid_field(g, 0, 4, true) + "-" + guid_field(g, 4, 2, true) + "-" + guid_field(g, 6, 2, true) + "-" +
         guid_field(g, 8, 2, false) + "-" + guid_field(g, 10, 6, false) + "} age " + std::to_string(identity.age);
}

std::string_view name_of(SourceHash kind) {
  switch (kind) {
  case SourceHash::none:
    return "none";
  case SourceHash::md5:
    return "MD5";
  case SourceHash::sha1:
    return "SHA-1";
  case SourceHash::sha256:
    return "SHA-256";
  case SourceHash::unknown:
    break;
  }
  return "unknown";
}

std::string_view name_of(Language language) {
  switch (language) {
  case Language::c:
    return "C";
  case Language::cpp:
    return "C++";
  case Language::assembler:
    return "assembler";
  case Language::linker:
    return "linker";
  case Language::resource:
    return "resource";
  case Language::rust:
    return "Rust";
  case Language::other:
    break;
  }
  return "other";
}

Pdb::Pdb(Contents contents) : contents_(std::move(contents)) {
  // Ties are broken by every field that can differ: a static and a global that the linker folded share an address.
  std::sort(contents_.functions.begin(), contents_.functions.end(), [](const Function &a, const Function &b) {
    return std::tie(a.rva, a.compiland, a.name) < std::tie(b.rva, b.compiland, b.name);
  });
  std::sort(contents_.publics.begin(), contents_.publics.end(),
            [](const Public &a, const Public &b) { return std::tie(a.rva, a.name) < std::tie(b.rva, b.name); });
  // The end of a range (line 0) comes before a line that starts at the same address, so that the line wins.
  std::stable_sort(contents_.lines.begin(), contents_.lines.end(), [](const Line &a, const Line &b) {
    return a.rva != b.rva ? a.rva<b.rva : (a.line == 0)>(b.line == 0);
  });
}

const Function *Pdb::function_at(Rva rva) const {
  const auto &functions = contents_.functions;
  const auto found = last_at_or_below(functions, rva);
  if (found == functions.end() || rva.value - found->rva.value >= found->size)
    return nullptr;
  const auto first = std::lower_bound(functions.begin(), functions.end(), found->rva,
                                      [](const Function &f, Rva at) { return f.rva < at; });
  return &*(rva.value - first->rva.value < first->size ? first : found);
}

const Function *Pdb::function_named(std::string_view name) const {
  const auto found = std::find_if(contents_.functions.begin(), contents_.functions.end(),
                                  [name](const Function &f) { return f.name == name; });
  return found == contents_.functions.end() ? nullptr : &*found;
}

const Public *Pdb::public_named(std::string_view name) const {
  constexpr std::uint16_t machine_i386 = 0x14c;
  const auto matches = [&](const Public &p) {
    if (p.name == name)
      return true;
    // x86: _name for cdecl, _name@8 for stdcall, @name@8 for fastcall.
    if (contents_.machine != machine_i386 || p.name.size() <= name.size() || (p.name[0] != '_' && p.name[0] != '@'))
      return false;
    const std::string_view rest = std::string_view(p.name).substr(1);
    return rest.starts_with(name) && (rest.size() == name.size() || rest[name.size()] == '@');
  };
  const auto found = std::find_if(contents_.publics.begin(), contents_.publics.end(), matches);
  return found == contents_.publics.end() ? nullptr : &*found;
}

std::optional<Name> Pdb::name_at(Rva rva) const {
  if (const Function *function = function_at(rva))
    return Name{function->name, rva.value - function->rva.value};
  const auto &publics = contents_.publics;
  const auto end =
      std::upper_bound(publics.begin(), publics.end(), rva, [](Rva at, const Public &p) { return at < p.rva; });
  for (auto p = end; p != publics.begin();) {
    --p;
    const std::uint32_t displacement = rva.value - p->rva.value;
    if (displacement >= public_reach)
      break;
    if (p->function)
      return Name{p->name, displacement};
  }
  return std::nullopt;
}

std::optional<SourceLine> Pdb::line_at(Rva rva) const {
  const auto found = last_at_or_below(contents_.lines, rva);
  if (found == contents_.lines.end() || found->line == 0 || found->file >= contents_.files.size())
    return std::nullopt;
  return SourceLine{contents_.files[found->file].path, found->line};
}

std::string Pdb::source_at(Rva rva) const {
  const auto line = line_at(rva);
  if (!line)
    return {};
  return std::string(file_name_of(line->path)) + ":" + std::to_string(line->line);
}

bool supported() { return can_read_contents(); }

Result<Identity> read_identity(Bytes file) {
  auto msf = Msf::open(file);
  if (!msf)
    return msf.error();
  const auto info_bytes = msf->read(info_stream, "info stream");
  if (!info_bytes)
    return info_bytes.error();
  const auto info = read_info_stream(*info_bytes);
  if (!info)
    return info.error();
  const auto dbi_bytes = msf->read_start(dbi_stream, dbi_header_size, "DBI stream");
  if (!dbi_bytes)
    return dbi_bytes.error();
  const auto dbi = read_dbi_start(*dbi_bytes);
  if (!dbi)
    return dbi.error();
  return Identity{info->guid, dbi->age};
}

Result<Pdb> load(Bytes file) {
  auto contents = read_contents(file);
  if (!contents)
    return contents.error();
  return Pdb(*std::move(contents));
}

} // namespace ringfence::pdb
