// The way from bytes to an Image: DOS header, PE signature, COFF header, optional header (PE
// Format, sections 2 and 3), then every part in turn. Only what makes the file no PE image at all
// is an error.
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <cstring>

namespace ringfence::image {
namespace {

constexpr std::uint64_t dos_header_size = 64;
constexpr std::uint64_t coff_header_size = 20;
constexpr std::uint16_t magic_pe32 = 0x10b;
constexpr std::uint16_t magic_rom = 0x107;
constexpr std::uint16_t magic_pe32_plus = 0x20b;

struct Signature {
  std::string_view bytes;
  std::string_view what;
};

/// What a file without "MZ" at its start is, when its first bytes tell.
constexpr Signature known_files[] = {
    {"\x7f"
     "ELF",
     "this is an ELF file"},
    {"\xcf\xfa\xed\xfe", "this is a 64-bit Mach-O file"},
    {"\xce\xfa\xed\xfe", "this is a 32-bit Mach-O file"},
    {"\xca\xfe\xba\xbe", "this is a universal Mach-O or Java class file"},
    {"PK\x03\x04", "this is a ZIP archive"},
    {"MSCF", "this is a cabinet file"},
    {"\xd0\xcf\x11\xe0", "this is an OLE compound file"},
    {"7z\xbc\xaf\x27\x1c", "this is a 7-Zip archive"},
    {"\x1f\x8b", "this is a gzip file"},
    {"!<arch>\n", "this is a library archive"},
    {"SZDD", "this is a file compressed with COMPRESS.EXE: expand it first"},
    {"%PDF", "this is a PDF file"},
    {"\x4c\x01", "this is an object file"},
    {"\x64\x86", "this is an object file"},
    {"#!", "this is a script"},
};

std::string_view known_file(Bytes bytes) {
  for (const auto &signature : known_files)
    if (bytes.size() >= signature.bytes.size() &&
        std::memcmp(bytes.data(), signature.bytes.data(), signature.bytes.size()) == 0)
      return signature.what;
  const auto head = bytes.first(std::min<std::size_t>(bytes.size(), 512));
  const auto is_text = [](std::byte b) {
    const auto c = std::to_integer<unsigned>(b);
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0x7f);
  };
  if (std::all_of(head.begin(), head.end(), [](std::byte b) { return b == std::byte{0}; }))
    return "the file starts with zeros";
  return std::all_of(head.begin(), head.end(), is_text) ? "this is a text file" : "";
}

/// "'MZ' at offset 0x0, found 'ELF'": `found` is shown as text, other bytes as \xNN.
Error unexpected(std::string_view expected, Bytes found, std::uint64_t offset, std::string_view why) {
  std::string what = "expected " + std::string(expected) + " at offset " + hex(offset) + ", found '";
  what += printable(std::string_view(reinterpret_cast<const char *>(found.data()), found.size()));
  what += "'";
  if (!why.empty())
    what += " - " + std::string(why);
  return {ErrorCode::malformed, offset, std::move(what)};
}

Error not_pe_signature(const SpanReader &file, std::uint64_t offset) {
  const auto found = file.slice(offset, std::min<std::uint64_t>(4, file.size() - offset))->bytes();
  const auto magic = file.get<std::uint16_t>(offset).value_or(0);
  std::string_view why = "this is an MS-DOS program";
  if (magic == 0x454e)
    why = "this is a 16-bit Windows (NE) file";
  else if (magic == 0x454c)
    why = "this is a linear executable (LE), such as a VxD driver";
  else if (magic == 0x584c)
    why = "this is an OS/2 linear executable (LX)";
  return unexpected("'PE\\0\\0'", found, offset, why);
}

} // namespace

Result<Image> Loader::run() {
  if (auto status = read_headers(); !status)
    return status.error();
  check_headers();
  read_sections();
  read_rich();
  read_certificates();
  read_imports();
  read_delay_imports();
  read_bound_imports();
  read_exports();
  read_relocations();
  read_load_config();
  read_debug();
  read_resources();
  read_version();
  read_unwind();
  read_tls();
  return std::move(image_);
}

Status Loader::read_headers() {
  const SpanReader file(image_.bytes_);
  const auto found = file.bytes().first(std::min<std::size_t>(file.bytes().size(), 4));
  if (file.size() == 0)
    return Error{ErrorCode::truncated, 0, "expected 'MZ' at offset 0x0, but the file is empty"};
  if (file.get<std::uint16_t>(0) != 0x5a4d)
    return unexpected("'MZ'", found, 0, known_file(file.bytes()));
  if (file.size() < dos_header_size)
    return Error{ErrorCode::truncated, file.size(),
                 "expected a DOS header of 64 bytes at offset 0x0, but the file has " + std::to_string(file.size())};
  const std::uint64_t pe = *file.get<std::uint32_t>(0x3c);
  if (!file.contains(pe, 4))
    return Error{ErrorCode::truncated, 0x3c,
                 "expected 'PE\\0\\0' at offset " + hex(pe) + " (e_lfanew), but the file has " +
                     std::to_string(file.size()) + " bytes"};
  if (file.get<std::uint32_t>(pe) != 0x4550)
    return not_pe_signature(file, pe);

  Cursor coff(*file.slice(pe + 4, file.size() - pe - 4));
  auto &h = image_.headers_;
  h.pe_offset = FileOffset(pe);
  h.machine = static_cast<Machine>(coff.u16());
  h.number_of_sections = coff.u16();
  h.time_date_stamp = coff.u32();
  coff.skip(8); // symbol table: deprecated for images
  h.size_of_optional_header = coff.u16();
  h.characteristics = coff.u16();
  if (!coff.ok())
    return coff.error("a COFF header of 20 bytes");
  h.optional_header_offset = FileOffset(pe + 4 + coff_header_size);
  h.section_table_offset = FileOffset(h.optional_header_offset.value + h.size_of_optional_header);
  h.checksum_offset = FileOffset(h.optional_header_offset.value + 64);
  return read_optional_header(file);
}

Status Loader::read_optional_header(const SpanReader &file) {
  auto &h = image_.headers_;
  const auto start = h.optional_header_offset.value;
  Cursor c(*file.slice(start, file.size() - start));
  const auto magic = c.u16();
  if (c.ok() && magic == magic_rom)
    return Error{ErrorCode::unsupported, start, "this is a ROM image (optional header magic 0x107)"};
  if (c.ok() && magic != magic_pe32 && magic != magic_pe32_plus)
    return Error{ErrorCode::malformed, start,
                 "expected an optional header magic of 0x10b (PE32) or 0x20b (PE32+) at offset " + hex(start) +
                     ", found " + hex(magic)};
  h.pe32_plus = magic == magic_pe32_plus;
  const auto pointer = [&] { return h.pe32_plus ? c.u64() : c.u32(); };
  h.major_linker_version = c.u8();
  h.minor_linker_version = c.u8();
  h.size_of_code = c.u32();
  h.size_of_initialized_data = c.u32();
  h.size_of_uninitialized_data = c.u32();
  h.entry_point = Rva(c.u32());
  h.base_of_code = Rva(c.u32());
  if (!h.pe32_plus)
    h.base_of_data = Rva(c.u32());
  h.image_base = pointer();
  h.section_alignment = c.u32();
  h.file_alignment = c.u32();
  h.major_operating_system_version = c.u16();
  h.minor_operating_system_version = c.u16();
  h.major_image_version = c.u16();
  h.minor_image_version = c.u16();
  h.major_subsystem_version = c.u16();
  h.minor_subsystem_version = c.u16();
  h.win32_version_value = c.u32();
  h.size_of_image = c.u32();
  h.size_of_headers = c.u32();
  h.checksum = c.u32();
  h.subsystem = c.u16();
  h.dll_characteristics = c.u16();
  h.size_of_stack_reserve = pointer();
  h.size_of_stack_commit = pointer();
  h.size_of_heap_reserve = pointer();
  h.size_of_heap_commit = pointer();
  h.loader_flags = c.u32();
  h.number_of_rva_and_sizes = c.u32();
  if (!c.ok())
    return c.error("an optional header");
  const auto directories = std::min<std::size_t>(h.number_of_rva_and_sizes, directory_count);
  for (std::size_t i = 0; i < directories; ++i) {
    const auto at = start + c.position();
    DataDirectory directory{Rva(c.u32()), c.u32()};
    if (!c.ok()) {
      report(Part::headers, ErrorCode::truncated, at, "expected a data directory, but the file ends");
      break;
    }
    h.directories[i] = directory;
    if (i == static_cast<std::size_t>(DirectoryIndex::certificates))
      h.certificate_directory_offset = FileOffset(at);
  }
  return {};
}

void Loader::check_headers() {
  const auto &h = image_.headers_;
  const auto coff = h.pe_offset.value + 4;
  const auto optional = h.optional_header_offset.value;
  if (name_of(h.machine) == "unknown")
    report(Part::headers, ErrorCode::unsupported, coff,
           "machine " + hex(static_cast<std::uint16_t>(h.machine)) + " is not known");
  const unsigned directories_end =
      (h.pe32_plus ? 112u : 96u) + 8u * std::min<unsigned>(h.number_of_rva_and_sizes, directory_count);
  if (h.size_of_optional_header < directories_end)
    report(Part::headers, ErrorCode::malformed, coff + 16,
           "SizeOfOptionalHeader is " + std::to_string(h.size_of_optional_header) + ", expected at least " +
               std::to_string(directories_end) + " for its data directories");
  if (h.number_of_rva_and_sizes > directory_count)
    report(Part::headers, ErrorCode::malformed, optional + (h.pe32_plus ? 108u : 92u),
           "NumberOfRvaAndSizes is " + std::to_string(h.number_of_rva_and_sizes) + ", 16 are read");
  const auto power_of_two = [](std::uint32_t v) { return v != 0 && (v & (v - 1)) == 0; };
  if (!power_of_two(h.section_alignment))
    report(Part::headers, ErrorCode::malformed, optional + 32,
           "SectionAlignment " + hex(h.section_alignment) + " is no power of two");
  if (!power_of_two(h.file_alignment))
    report(Part::headers, ErrorCode::malformed, optional + 36,
           "FileAlignment " + hex(h.file_alignment) + " is no power of two");
  else if (h.file_alignment > h.section_alignment)
    report(Part::headers, ErrorCode::malformed, optional + 36,
           "FileAlignment " + hex(h.file_alignment) + " is above SectionAlignment " + hex(h.section_alignment));
  if (h.size_of_headers > image_.bytes_.size())
    report(Part::headers, ErrorCode::truncated, optional + 60,
           "SizeOfHeaders " + hex(h.size_of_headers) + " is above the file size");
  if (h.entry_point.value >= h.size_of_image && h.entry_point.value != 0)
    report(Part::headers, ErrorCode::malformed, optional + 16,
           "AddressOfEntryPoint " + hex(h.entry_point.value) + " is outside the image");
}

bool Loader::report(Part part, ErrorCode code, std::uint64_t offset, std::string_view what) {
  auto &count = reported_[static_cast<std::size_t>(part)];
  if (count >= diagnostics_per_part)
    return false;
  if (++count == diagnostics_per_part)
    image_.diagnostics_.push_back({part, ErrorCode::limit, offset, "more diagnostics of this part are not listed"});
  else
    image_.diagnostics_.push_back({part, code, offset, std::string(what)});
  return true;
}

std::uint64_t Loader::directory_field(DirectoryIndex index) const {
  const auto &h = image_.headers_;
  return h.optional_header_offset.value + (h.pe32_plus ? 112u : 96u) + 8u * static_cast<unsigned>(index);
}

std::uint64_t Loader::where(Rva rva, DirectoryIndex index) const {
  const auto offset = image_.offset_of(rva);
  return offset ? offset->value : directory_field(index);
}

std::optional<SpanReader> Loader::directory_reader(DirectoryIndex index, Part part, std::string_view what) {
  const auto &directory = image_.headers_.directory(index);
  if (directory.rva.value == 0)
    return std::nullopt;
  const auto reader = image_.reader_at(directory.rva);
  if (reader.size() == 0) {
    report(part, ErrorCode::malformed, directory_field(index),
           "expected " + std::string(what) + " at RVA " + hex(directory.rva.value) + ", which is not in the file");
    return std::nullopt;
  }
  if (directory.size > reader.size())
    report(part, ErrorCode::truncated, directory_field(index) + 4,
           std::string(what) + " states " + hex(directory.size) + " bytes, but only " + hex(reader.size()) +
               " follow in its section");
  return reader;
}

Result<Image> load(std::vector<std::byte> bytes) { return Loader(std::move(bytes)).run(); }
Result<Image> load_view(Bytes bytes) { return Loader(bytes).run(); }

} // namespace ringfence::image
