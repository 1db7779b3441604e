// Data behind the certificate table: see docs/rules/image/data-after-certificates.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_data_after_certificates(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (!image.certificate_table)
    return sink.not_applicable("the image has no certificate table");
  const facts::CertificateTableFacts &table = *image.certificate_table;
  if (table.bytes_after == 0)
    return sink.pass("the certificate table ends the file");
  const FileOffset end(table.offset.value + table.size);
  sink.fail(std::to_string(table.bytes_after) + " bytes follow the certificate table at file offset " + hex(end.value),
            {.anchor = "overlay", .location = {.file_offset = end}});
}

} // namespace ringfence::rules
