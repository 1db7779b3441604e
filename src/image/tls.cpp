// Thread local storage directory (PE Format, section 6.7).
#include "loader.h"

#include <ringfence/base/text.h>

namespace ringfence::image {
namespace {

constexpr std::size_t max_callbacks = 256;

} // namespace

void Loader::read_tls() {
  const auto reader = directory_reader(DirectoryIndex::tls, Part::tls, "the TLS directory");
  if (!reader)
    return;
  Cursor c(*reader);
  const auto pointer = [&] { return Va(image_.headers_.pe32_plus ? c.u64() : c.u32()); };
  Tls tls;
  tls.start_of_raw_data = pointer();
  tls.end_of_raw_data = pointer();
  tls.address_of_index = pointer();
  tls.address_of_callbacks = pointer();
  tls.size_of_zero_fill = c.u32();
  tls.characteristics = c.u32();
  if (!c.ok()) {
    report(Part::tls, ErrorCode::truncated, reader->base(), "expected a TLS directory");
    return;
  }
  const auto width = image_.headers_.pointer_size();
  const auto table = image_.rva_of(tls.address_of_callbacks);
  for (std::uint64_t i = 0; table && tls.address_of_callbacks.value != 0; ++i) {
    const auto callback = image_.read_pointer(add(*table, i * width));
    if (callback && *callback == 0)
      break;
    const auto rva = callback ? image_.rva_of(Va(*callback)) : std::nullopt;
    if (!rva || i == max_callbacks) {
      report(Part::tls, ErrorCode::malformed, where(add(*table, i * width), DirectoryIndex::tls),
             "expected a TLS callback or the end of their table");
      break;
    }
    tls.callbacks.push_back(*rva);
  }
  image_.tls_ = std::move(tls);
}

} // namespace ringfence::image
