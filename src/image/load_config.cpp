// The load configuration directory: one table of fields for both word sizes, then the tables that
// it points to.
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::uint64_t max_guarded_functions = 1u << 20;
constexpr std::uint64_t max_safe_seh_handlers = 65536;
constexpr std::size_t max_dynamic_relocations = 65536;

enum class Width : std::uint8_t { u16, u32, pointer };

struct Field {
  LoadConfigField field;
  Width width;
  std::string_view name;
};

#define FIELD(name, width)                                                                                             \
  Field { LoadConfigField::name, Width::width, #name }
/// In the order of the 64-bit structure; the 32-bit one swaps ProcessAffinityMask and
/// ProcessHeapFlags.
constexpr Field fields[] = {
    FIELD(Size, u32),
    FIELD(TimeDateStamp, u32),
    FIELD(MajorVersion, u16),
    FIELD(MinorVersion, u16),
    FIELD(GlobalFlagsClear, u32),
    FIELD(GlobalFlagsSet, u32),
    FIELD(CriticalSectionDefaultTimeout, u32),
    FIELD(DeCommitFreeBlockThreshold, pointer),
    FIELD(DeCommitTotalFreeThreshold, pointer),
    FIELD(LockPrefixTable, pointer),
    FIELD(MaximumAllocationSize, pointer),
    FIELD(VirtualMemoryThreshold, pointer),
    FIELD(ProcessAffinityMask, pointer),
    FIELD(ProcessHeapFlags, u32),
    FIELD(CSDVersion, u16),
    FIELD(DependentLoadFlags, u16),
    FIELD(EditList, pointer),
    FIELD(SecurityCookie, pointer),
    FIELD(SEHandlerTable, pointer),
    FIELD(SEHandlerCount, pointer),
    FIELD(GuardCFCheckFunctionPointer, pointer),
    FIELD(GuardCFDispatchFunctionPointer, pointer),
    FIELD(GuardCFFunctionTable, pointer),
    FIELD(GuardCFFunctionCount, pointer),
    FIELD(GuardFlags, u32),
    FIELD(CodeIntegrityFlags, u16),
    FIELD(CodeIntegrityCatalog, u16),
    FIELD(CodeIntegrityCatalogOffset, u32),
    FIELD(CodeIntegrityReserved, u32),
    FIELD(GuardAddressTakenIatEntryTable, pointer),
    FIELD(GuardAddressTakenIatEntryCount, pointer),
    FIELD(GuardLongJumpTargetTable, pointer),
    FIELD(GuardLongJumpTargetCount, pointer),
    FIELD(DynamicValueRelocTable, pointer),
    FIELD(CHPEMetadataPointer, pointer),
    FIELD(GuardRFFailureRoutine, pointer),
    FIELD(GuardRFFailureRoutineFunctionPointer, pointer),
    FIELD(DynamicValueRelocTableOffset, u32),
    FIELD(DynamicValueRelocTableSection, u16),
    FIELD(Reserved2, u16),
    FIELD(GuardRFVerifyStackPointerFunctionPointer, pointer),
    FIELD(HotPatchTableOffset, u32),
    FIELD(Reserved3, u32),
    FIELD(EnclaveConfigurationPointer, pointer),
    FIELD(VolatileMetadataPointer, pointer),
    FIELD(GuardEHContinuationTable, pointer),
    FIELD(GuardEHContinuationCount, pointer),
    FIELD(GuardXFGCheckFunctionPointer, pointer),
    FIELD(GuardXFGDispatchFunctionPointer, pointer),
    FIELD(GuardXFGTableDispatchFunctionPointer, pointer),
    FIELD(CastGuardOsDeterminedFailureMode, pointer),
    FIELD(GuardMemcpyFunctionPointer, pointer),
    FIELD(UmaFunctionPointers, pointer),
};
#undef FIELD
static_assert(std::size(fields) == load_config_field_count);

/// Reads the fields that `size` bytes hold.
void read_fields(const SpanReader &reader, bool pe32_plus, std::uint64_t size, LoadConfig &config) {
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    auto field = fields[i];
    if (!pe32_plus && field.field == LoadConfigField::ProcessAffinityMask)
      field = fields[i + 1];
    else if (!pe32_plus && field.field == LoadConfigField::ProcessHeapFlags)
      field = fields[i - 1];
    const unsigned width = field.width == Width::u16 ? 2 : field.width == Width::u32 || !pe32_plus ? 4 : 8;
    if (!in_bounds(at, width, size))
      return;
    const auto index = static_cast<std::size_t>(field.field);
    config.values[index] = width == 2   ? *reader.get<std::uint16_t>(at)
                           : width == 4 ? *reader.get<std::uint32_t>(at)
                                        : *reader.get<std::uint64_t>(at);
    config.present[index] = true;
    at += width;
  }
}

} // namespace

std::string_view name_of(LoadConfigField field) { return fields[static_cast<std::size_t>(field)].name; }

void Loader::read_load_config() {
  const auto &directory = image_.headers_.directory(DirectoryIndex::load_config);
  const auto reader = directory_reader(DirectoryIndex::load_config, Part::load_config, "the load configuration");
  if (!reader)
    return;
  LoadConfig config;
  config.rva = directory.rva;
  config.directory_size = directory.size;
  // The loader goes by the structure's own size; linkers of Windows XP's time left it zero.
  const std::uint64_t stated = reader->get<std::uint32_t>(0).value_or(0);
  const std::uint64_t size = std::min<std::uint64_t>(stated != 0 ? stated : directory.size, reader->size());
  if (stated > reader->size())
    report(Part::load_config, ErrorCode::truncated, reader->base(),
           "the load configuration states " + hex(stated) + " bytes, but only " + hex(reader->size()) + " follow");
  read_fields(*reader, image_.headers_.pe32_plus, size, config);
  read_security_cookie(config);
  if (image_.machine() == Machine::i386)
    read_safe_seh(config);
  read_guard_functions(config);
  read_dynamic_relocations(config);
  image_.load_config_ = std::move(config);
}

void Loader::read_security_cookie(LoadConfig &config) {
  const Va cookie(config.value_or_zero(LoadConfigField::SecurityCookie));
  if (cookie.value == 0)
    return;
  config.security_cookie = image_.rva_of(cookie);
  if (config.security_cookie)
    config.security_cookie_value = image_.read_pointer(*config.security_cookie);
  if (!config.security_cookie_value)
    report(Part::load_config, ErrorCode::malformed, where(config.rva, DirectoryIndex::load_config),
           "SecurityCookie " + hex(cookie.value) + " is not within the image");
}

void Loader::read_safe_seh(LoadConfig &config) {
  const Va table(config.value_or_zero(LoadConfigField::SEHandlerTable));
  const auto count = config.value_or_zero(LoadConfigField::SEHandlerCount);
  if (table.value == 0 || count == 0)
    return;
  const auto rva = image_.rva_of(table);
  const auto bytes = rva ? image_.reader_at(*rva) : SpanReader();
  if (count > max_safe_seh_handlers || count > bytes.size() / 4) {
    report(Part::load_config, ErrorCode::malformed, where(config.rva, DirectoryIndex::load_config),
           std::to_string(count) + " SafeSEH handlers at " + hex(table.value) + " are not within the image");
    return;
  }
  config.safe_seh_handlers.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i)
    config.safe_seh_handlers.push_back(Rva(*bytes.get<std::uint32_t>(i * 4)));
}

void Loader::read_guard_functions(LoadConfig &config) {
  const Va table(config.value_or_zero(LoadConfigField::GuardCFFunctionTable));
  const auto count = config.value_or_zero(LoadConfigField::GuardCFFunctionCount);
  const auto flags = config.value_or_zero(LoadConfigField::GuardFlags);
  if (table.value == 0 || count == 0)
    return;
  // IMAGE_GUARD_CF_FUNCTION_TABLE_SIZE_MASK: metadata bytes behind each RVA.
  config.guard_function_stride = 4 + static_cast<unsigned>(flags >> 28 & 0xf);
  const auto rva = image_.rva_of(table);
  const auto bytes = rva ? image_.reader_at(*rva) : SpanReader();
  if (count > max_guarded_functions || count > bytes.size() / config.guard_function_stride) {
    report(Part::load_config, ErrorCode::malformed, where(config.rva, DirectoryIndex::load_config),
           std::to_string(count) + " guarded functions at " + hex(table.value) + " are not within the image");
    return;
  }
  config.guarded_functions.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = i * config.guard_function_stride;
    const std::uint8_t metadata = config.guard_function_stride > 4 ? *bytes.get<std::uint8_t>(at + 4) : std::uint8_t{0};
    config.guarded_functions.push_back({Rva(*bytes.get<std::uint32_t>(at)), metadata});
  }
}

void Loader::read_dynamic_relocations(LoadConfig &config) {
  const auto offset = config.value_or_zero(LoadConfigField::DynamicValueRelocTableOffset);
  const auto section = config.value_or_zero(LoadConfigField::DynamicValueRelocTableSection);
  if (section == 0)
    return;
  const auto complain = [&](std::uint64_t at, std::string_view what) {
    report(Part::load_config, ErrorCode::malformed, at, "dynamic value relocation table: " + std::string(what));
  };
  const auto field = where(config.rva, DirectoryIndex::load_config);
  if (section > image_.sections_.size())
    return complain(field, "no section " + std::to_string(section));
  const auto base = image_.sections_[static_cast<std::size_t>(section) - 1].rva;
  const auto header = image_.reader_at(add(base, offset));
  const auto version = header.get<std::uint32_t>(0);
  const auto size = header.get<std::uint32_t>(4);
  if (!size || !header.contains(8, *size))
    return complain(field, "not within section " + std::to_string(section));
  config.dynamic_relocation_version = *version;
  if (*version != 1 && *version != 2)
    return complain(header.base(), "version " + std::to_string(*version) + " is not known");
  Cursor c(*header.slice(8, *size));
  const auto pointer = [&] { return image_.headers_.pe32_plus ? c.u64() : c.u32(); };
  while (c.remaining() != 0) {
    DynamicRelocation group;
    group.offset = FileOffset(c.absolute());
    if (*version == 1) {
      group.symbol = pointer();
      group.fixups = c.bytes(c.u32());
    } else {
      const auto start = c.position();
      const auto header_size = c.u32();
      const auto fixup_size = c.u32();
      group.symbol = pointer();
      const auto read = c.position() - start;
      c.skip(header_size >= read ? header_size - read : c.remaining() + 1);
      group.fixups = c.bytes(fixup_size);
    }
    if (!c.ok() || config.dynamic_relocations.size() == max_dynamic_relocations)
      return complain(group.offset.value, "an incomplete group");
    config.dynamic_relocations.push_back(group);
  }
}

} // namespace ringfence::image
