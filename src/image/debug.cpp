// The debug directory and the entry types that a driver audit reads.
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <cstring>

namespace ringfence::image {
namespace {

constexpr std::uint64_t entry_size = 28;
constexpr std::uint64_t max_entries = 64;
constexpr std::size_t max_pogo = 4096;
constexpr std::uint64_t max_path = 4096;
constexpr std::uint32_t signature_rsds = 0x53445352;
constexpr std::uint32_t signature_nb10 = 0x3031424e;

} // namespace

void Loader::read_debug() {
  const auto &directory = image_.headers_.directory(DirectoryIndex::debug);
  const auto reader = directory_reader(DirectoryIndex::debug, Part::debug, "the debug directory");
  if (!reader)
    return;
  auto count = directory.size / entry_size;
  if (directory.size % entry_size != 0)
    report(Part::debug, ErrorCode::malformed, directory_field(DirectoryIndex::debug) + 4,
           "the debug directory's size " + hex(directory.size) + " is no multiple of 28");
  if (count > max_entries)
    report(Part::debug, ErrorCode::limit, reader->base(), "more than 64 debug entries");
  count = std::min({count, max_entries, reader->size() / entry_size});
  const SpanReader file(image_.bytes_);
  for (std::uint64_t i = 0; i < count; ++i) {
    Cursor c(*reader->slice(i * entry_size, entry_size));
    DebugEntry entry;
    entry.header_offset = FileOffset(c.absolute());
    c.skip(4);
    entry.time_date_stamp = c.u32();
    entry.major_version = c.u16();
    entry.minor_version = c.u16();
    entry.type = c.u32();
    entry.size_of_data = c.u32();
    entry.address_of_raw_data = Rva(c.u32());
    entry.pointer_to_raw_data = c.u32();
    if (entry.pointer_to_raw_data != 0 && file.contains(entry.pointer_to_raw_data, entry.size_of_data))
      entry.data = file.slice(entry.pointer_to_raw_data, entry.size_of_data)->bytes();
    else if (entry.address_of_raw_data.value != 0)
      entry.data = image_.bytes_at(entry.address_of_raw_data, entry.size_of_data).value_or(Bytes());
    if (entry.data.size() != entry.size_of_data)
      report(Part::debug, ErrorCode::truncated, entry.header_offset.value + 16,
             "the data of a " + std::string(debug_type_name(entry.type)) + " debug entry, " + hex(entry.size_of_data) +
                 " bytes, is not within the file");
    image_.debug_.entries.push_back(entry);
    decode_debug_entry(entry);
  }
}

void Loader::decode_debug_entry(const DebugEntry &entry) {
  auto &debug = image_.debug_;
  const SpanReader data(entry.data);
  switch (entry.type) {
  case DEBUG_TYPE_CODEVIEW:
    if (!debug.codeview)
      read_codeview(entry);
    break;
  case DEBUG_TYPE_VC_FEATURE:
    if (data.size() >= 12 && !debug.vc_feature)
      debug.vc_feature =
          VcFeature{*data.get<std::uint32_t>(0), *data.get<std::uint32_t>(4), *data.get<std::uint32_t>(8),
                    data.get<std::uint32_t>(12), data.get<std::uint32_t>(16)};
    break;
  case DEBUG_TYPE_POGO:
    if (debug.pogo.empty())
      read_pogo(entry);
    break;
  case DEBUG_TYPE_REPRO:
    debug.reproducible = true;
    if (const auto length = data.get<std::uint32_t>(0); length && data.contains(4, *length))
      debug.repro_hash = data.slice(4, *length)->bytes();
    break;
  case DEBUG_TYPE_EX_DLLCHARACTERISTICS:
    if (const auto value = data.get<std::uint32_t>(0))
      debug.ex_dll_characteristics = value;
    break;
  default:
    break;
  }
}

void Loader::read_codeview(const DebugEntry &entry) {
  if (entry.data.empty())
    return;
  const SpanReader data(entry.data, static_cast<std::uint64_t>(entry.data.data() - image_.bytes_.data()));
  const auto signature = data.get<std::uint32_t>(0);
  CodeView result;
  std::uint64_t path = 0;
  if (signature == signature_rsds && data.size() >= 24) {
    result.rsds = true;
    std::memcpy(result.guid.data(), entry.data.data() + 4, result.guid.size());
    result.age = *data.get<std::uint32_t>(20);
    path = 24;
  } else if (signature == signature_nb10 && data.size() >= 16) {
    result.signature = *data.get<std::uint32_t>(8);
    result.age = *data.get<std::uint32_t>(12);
    path = 16;
  } else {
    // Old linkers also put the symbols themselves here (NB09, NB11): no reference, no damage.
    if (data.size() < 4 || signature == signature_rsds || signature == signature_nb10)
      report(Part::debug, ErrorCode::truncated, data.base(), "the CodeView entry is too short");
    return;
  }
  if (const auto text = data.c_string(path, max_path)) {
    result.path = *text;
  } else {
    const auto rest = data.slice(path, std::min(max_path, data.size() - path))->bytes();
    result.path = std::string_view(reinterpret_cast<const char *>(rest.data()), rest.size());
    report(Part::debug, ErrorCode::malformed, data.base() + path, "the path of the program database has no terminator");
  }
  image_.debug_.codeview = result;
}

void Loader::read_pogo(const DebugEntry &entry) {
  const SpanReader data(entry.data);
  auto &debug = image_.debug_;
  debug.pogo_signature = data.get<std::uint32_t>(0).value_or(0);
  for (std::uint64_t at = 4; data.contains(at, 9) && debug.pogo.size() < max_pogo;) {
    const auto name = data.c_string(at + 8, max_path);
    if (!name)
      break;
    const Rva rva(*data.get<std::uint32_t>(at));
    const auto size = *data.get<std::uint32_t>(at + 4);
    if (rva.value == 0 && size == 0 && name->empty())
      break;
    debug.pogo.push_back({rva, size, *name});
    at += (8 + name->size() + 1 + 3) / 4 * 4;
  }
}

bool DebugDirectory::has(std::uint32_t type) const {
  return std::any_of(entries.begin(), entries.end(), [type](const DebugEntry &e) { return e.type == type; });
}

} // namespace ringfence::image
