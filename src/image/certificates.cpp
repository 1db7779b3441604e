// The attribute certificate table (PE Format, section 5.7): entries aligned to 8 bytes.
#include "loader.h"

#include <ringfence/base/text.h>

namespace ringfence::image {
namespace {

constexpr std::uint32_t entry_header_size = 8;
constexpr std::size_t max_entries = 256;

} // namespace

void Loader::read_certificates() {
  const auto &directory = image_.headers_.directory(DirectoryIndex::certificates);
  const auto field = directory_field(DirectoryIndex::certificates);
  auto &table = image_.certificates_;
  table.offset = FileOffset(directory.rva.value);
  table.size = directory.size;
  if (!directory.present())
    return;
  const SpanReader file(image_.bytes_);
  const auto size = file.size();
  table.in_file = file.contains(table.offset.value, table.size);
  if (!table.in_file)
    report(Part::certificates, ErrorCode::truncated, field,
           "the certificate table [" + hex(table.offset.value) + ", +" + hex(table.size) +
               ") is not within the file of " + hex(size) + " bytes");
  else
    table.bytes_after = size - table.offset.value - table.size;
  if (table.offset.value >= size)
    return;
  if (table.offset.value % 8 != 0)
    report(Part::certificates, ErrorCode::malformed, field, "the certificate table is not aligned to 8 bytes");
  const auto reader = *file.slice(table.offset.value, std::min<std::uint64_t>(table.size, size - table.offset.value));
  for (std::uint64_t at = 0; at + entry_header_size <= reader.size();) {
    CertificateEntry entry;
    entry.offset = FileOffset(reader.base() + at);
    entry.length = *reader.get<std::uint32_t>(at);
    entry.revision = *reader.get<std::uint16_t>(at + 4);
    entry.type = *reader.get<std::uint16_t>(at + 6);
    if (entry.length < entry_header_size || !reader.contains(at, entry.length)) {
      report(Part::certificates, ErrorCode::malformed, entry.offset.value,
             "certificate entry of " + hex(entry.length) + " bytes, expected 8 to " + hex(reader.size() - at));
      return;
    }
    if (table.entries.size() == max_entries) {
      report(Part::certificates, ErrorCode::limit, entry.offset.value, "more than 256 certificate entries");
      return;
    }
    entry.data = reader.slice(at + entry_header_size, entry.length - entry_header_size)->bytes();
    table.entries.push_back(entry);
    at += (std::uint64_t{entry.length} + 7) / 8 * 8;
  }
}

} // namespace ringfence::image
