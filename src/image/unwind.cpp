// The exception directory, and on demand the record of one function: x64 UNWIND_INFO, ARM and ARM64
// .xdata.
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::size_t max_functions = 1u << 20;
constexpr unsigned max_chain = 32;
constexpr std::uint32_t max_scopes = 4096;

enum class Format : std::uint8_t { none, x64, arm, arm64, ia64 };

Format format_of(const Image &image) {
  switch (image.machine()) {
  case Machine::amd64:
    return Format::x64;
  case Machine::arm64:
  case Machine::arm64ec:
  case Machine::arm64x:
    return Format::arm64;
  case Machine::armnt:
    return Format::arm;
  case Machine::ia64:
    return Format::ia64;
  default:
    return Format::none;
  }
}

/// Fills `end` of an ARM or ARM64 function from its packed word or the first .xdata word.
/// FunctionLength counts units of 4 bytes on ARM64 and of 2 on ARM, 11 bits packed and 18 bits in
/// .xdata.
void find_arm_end(const Image &image, unsigned unit, std::uint32_t word, RuntimeFunction &function) {
  std::uint32_t length = 0;
  if ((word & 3) == 0) {
    function.unwind = Rva(word);
    length = image.read<std::uint32_t>(function.unwind).value_or(0) & 0x3ffff;
  } else {
    function.packed = word;
    length = word >> 2 & 0x7ff;
  }
  function.end = Rva(function.begin.value + length * unit);
}

Error malformed(const Image &image, Rva rva, std::string_view what) {
  const auto offset = image.offset_of(rva);
  return {ErrorCode::malformed, offset ? offset->value : 0, std::string(what) + " at RVA " + hex(rva.value)};
}

Result<UnwindRecord> x64_record(const Image &image, const RuntimeFunction &function) {
  const auto reader = image.reader_at(function.unwind);
  Cursor c(reader);
  UnwindRecord record;
  const auto version_flags = c.u8();
  record.version = version_flags & 7;
  record.flags = version_flags >> 3;
  record.prologue_size = c.u8();
  const auto code_count = c.u8();
  const auto frame = c.u8();
  record.frame_register = frame & 15;
  record.frame_offset = frame >> 4;
  record.codes = c.bytes(std::uint64_t{code_count} * 2);
  c.align(4);
  if (!c.ok())
    return c.error("UNWIND_INFO");
  if (record.version != 1 && record.version != 2)
    return malformed(image, function.unwind, "UNWIND_INFO of version " + std::to_string(record.version));
  if ((record.flags & UNW_FLAG_CHAININFO) != 0) {
    RuntimeFunction parent;
    parent.begin = Rva(c.u32());
    parent.end = Rva(c.u32());
    parent.unwind = Rva(c.u32());
    record.chained = parent;
  } else if ((record.flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)) != 0) {
    record.handler = Rva(c.u32());
    record.handler_data = Rva(function.unwind.value + static_cast<std::uint32_t>(c.position()));
  }
  if (!c.ok())
    return c.error("the handler of UNWIND_INFO");
  return record;
}

/// The .xdata header: function length 18, version 2, X 1, E 1, (ARM: F 1), epilogue count 5, code
/// words 5 (ARM: 4).
Result<UnwindRecord> arm_record(const Image &image, const RuntimeFunction &function, bool arm64) {
  Cursor c(image.reader_at(function.unwind));
  UnwindRecord record;
  const auto header = c.u32();
  record.version = static_cast<std::uint8_t>(header >> 18 & 3);
  const bool has_handler = (header >> 20 & 1) != 0;
  const bool single_epilogue = (header >> 21 & 1) != 0;
  std::uint32_t epilogues = arm64 ? header >> 22 & 31 : header >> 23 & 31;
  std::uint32_t words = arm64 ? header >> 27 : header >> 28;
  if (epilogues == 0 && words == 0) {
    const auto extended = c.u32();
    epilogues = extended & 0xffff;
    words = extended >> 16 & 0xff;
  }
  if (!single_epilogue)
    c.skip(std::uint64_t{epilogues} * 4);
  record.codes = c.bytes(std::uint64_t{words} * 4);
  if (has_handler) {
    record.flags = UNW_FLAG_EHANDLER;
    record.handler = Rva(c.u32() & ~(arm64 ? 0u : 1u));
    record.handler_data = Rva(function.unwind.value + static_cast<std::uint32_t>(c.position()));
  }
  if (!c.ok())
    return c.error("an exception record");
  return record;
}

} // namespace

void Loader::read_unwind() {
  const auto format = format_of(image_);
  const auto &directory = image_.headers_.directory(DirectoryIndex::exceptions);
  if (format == Format::none || directory.size == 0)
    return;
  const auto reader = directory_reader(DirectoryIndex::exceptions, Part::unwind, "the exception directory");
  if (!reader)
    return;
  const bool two_words = format == Format::arm || format == Format::arm64;
  const std::uint64_t entry_size = two_words ? 8 : 12;
  if (directory.size % entry_size != 0)
    report(Part::unwind, ErrorCode::malformed, directory_field(DirectoryIndex::exceptions) + 4,
           "the exception directory's size " + hex(directory.size) + " is no multiple of " +
               std::to_string(entry_size));
  const auto count = std::min<std::uint64_t>({directory.size / entry_size, reader->size() / entry_size, max_functions});
  auto &functions = image_.unwind_.functions;
  functions.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = i * entry_size;
    RuntimeFunction function;
    function.begin = Rva(*reader->get<std::uint32_t>(at));
    const auto second = *reader->get<std::uint32_t>(at + 4);
    if (function.begin.value == 0 && second == 0)
      continue; // padding
    if (format == Format::arm)
      function.begin.value &= ~1u;
    if (two_words) {
      find_arm_end(image_, format == Format::arm ? 2 : 4, second, function);
    } else {
      function.end = Rva(second);
      function.unwind = Rva(*reader->get<std::uint32_t>(at + 8));
    }
    if (function.end < function.begin || !image_.offset_of(function.begin))
      report(Part::unwind, ErrorCode::malformed, reader->base() + at,
             "function [" + hex(function.begin.value) + ", " + hex(function.end.value) + ") is not within the image");
    functions.push_back(function);
  }
}

Result<UnwindRecord> unwind_record(const Image &image, const RuntimeFunction &function) {
  const auto format = format_of(image);
  if (function.packed != 0 || format == Format::none || format == Format::ia64)
    return Error{ErrorCode::not_found, 0, "this function has no unwind record that is read"};
  if (image.reader_at(function.unwind).size() == 0)
    return malformed(image, function.unwind, "expected an unwind record");
  return format == Format::x64 ? x64_record(image, function) : arm_record(image, function, format == Format::arm64);
}

Result<std::vector<ScopeEntry>> scope_table(const Image &image, const UnwindRecord &record) {
  const auto count = image.read<std::uint32_t>(record.handler_data);
  const auto reader = image.reader_at(record.handler_data);
  if (!record.handler || !count || *count > max_scopes || !reader.contains(4, std::uint64_t{*count} * 16))
    return malformed(image, record.handler_data, "expected a scope table");
  std::vector<ScopeEntry> scopes;
  scopes.reserve(*count);
  const auto inside = [&](Rva rva) { return image.section_of(rva) != nullptr; };
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto at = 4 + std::uint64_t{i} * 16;
    const ScopeEntry scope{Rva(*reader.get<std::uint32_t>(at)), Rva(*reader.get<std::uint32_t>(at + 4)),
                           Rva(*reader.get<std::uint32_t>(at + 8)), Rva(*reader.get<std::uint32_t>(at + 12))};
    const bool handler = scope.handler.value == 1 || inside(scope.handler);
    if (scope.end < scope.begin || !inside(scope.begin) || !handler ||
        (scope.target.value != 0 && !inside(scope.target)))
      return malformed(image, record.handler_data, "scope " + std::to_string(i) + " is outside the image");
    scopes.push_back(scope);
  }
  return scopes;
}

RuntimeFunction primary_function(const Image &image, const RuntimeFunction &function) {
  auto current = function;
  for (unsigned i = 0; i < max_chain; ++i) {
    const auto record = unwind_record(image, current);
    if (!record || !record->chained)
      return current;
    current = *record->chained;
  }
  return function;
}

} // namespace ringfence::image
