// The attribute certificate table (PE Format, section 5.7) as raw entries: the `signing` room reads
// what is in them. Its directory holds a file offset, not an RVA: the loader never maps it.
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <cstdint>
#include <vector>

namespace ringfence::image {

constexpr std::uint16_t WIN_CERT_REVISION_1_0 = 0x0100;
constexpr std::uint16_t WIN_CERT_REVISION_2_0 = 0x0200;
constexpr std::uint16_t WIN_CERT_TYPE_X509 = 1;
constexpr std::uint16_t WIN_CERT_TYPE_PKCS_SIGNED_DATA = 2;

/// WIN_CERTIFICATE.
struct CertificateEntry {
  FileOffset offset;        ///< of the entry's 8-byte header
  std::uint32_t length = 0; ///< dwLength as stated: header included, padding to 8 excluded
  std::uint16_t revision = 0;
  std::uint16_t type = 0;
  Bytes data; ///< bCertificate: dwLength - 8 bytes
};

struct CertificateTable {
  FileOffset offset; ///< as the directory states it
  std::uint32_t size = 0;
  bool in_file = false;          ///< the whole table lies within the file
  std::uint64_t bytes_after = 0; ///< file bytes behind the table, 0 in a regular signed file
  std::vector<CertificateEntry> entries;
};

} // namespace ringfence::image
