// Bytes as a driver, through load, boot, control codes, primitives and who reaches them, with little fuel. The headers
// of a test driver survive most mutations: seven in eight change executable bytes only, so that executions get to the
// code.
#include <ringfence/driver/driver.h>
#include <ringfence/security/reach.h>
#include <ringfence/subject/access.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace {

using namespace ringfence;

constexpr driver::Budget little = {.boot = 12'000,
                                   .dispatch = 4'000,
                                   .code = 1'500,
                                   .total = 400'000,
                                   .sequences = 4'000,
                                   .few_sequences = 2'000,
                                   .sequence = 500,
                                   .codes = 12};
constexpr std::uint64_t one_block = 1'000; ///< instructions at most that go on where the fuel ends

void must(bool holds, const char *what) {
  if (holds)
    return;
  std::fprintf(stderr, "invariant broken: %s\n", what);
  std::abort();
}

void check(const driver::Driver &found, const image::Image &image) {
  must(found.instructions <= little.total + one_block, "more instructions than fuel");
  for (std::size_t i = 1; i < found.ioctls.size(); ++i)
    must(found.ioctls[i - 1].code <= found.ioctls[i].code || !found.ioctls[i].route.empty() ||
             !found.ioctls[i - 1].route.empty(),
         "control codes are not in order");
  for (const driver::EntryPoint &entry : found.entry_points)
    must(std::ranges::any_of(image.sections(),
                             [&](const image::Section &section) {
                               const bool within =
                                   entry.rva >= section.rva && entry.rva.value - section.rva.value < section.extent();
                               return within && section.executable();
                             }),
         "an entry point where nothing may run");
  for (const driver::Ioctl &ioctl : found.ioctls)
    for (const driver::Primitive &primitive : ioctl.primitives)
      must(!primitive.kind.empty() && !primitive.admitted.empty(), "a primitive without kind or values");
  const subject::Access access = subject::judge_access(found, {});
  must(access.devices.size() == found.devices.size() && access.ioctls.size() == found.ioctls.size(),
       "a reach is missing");
  for (const security::Reach &reach : access.ioctls)
    must(!reach.why.empty(), "a reach without a reason");
}

/// The bytes of the file that sections hold for execution.
std::vector<std::span<std::uint8_t>> code_of(std::span<std::uint8_t> file) {
  std::vector<std::span<std::uint8_t>> code;
  if (const auto image = image::load_view(std::as_bytes(file)))
    for (const image::Section &section : image->sections())
      if (const std::size_t at = section.pointer_to_raw_data; section.executable() && at < file.size())
        if (const auto bytes = file.subspan(at, std::min<std::size_t>(section.size_of_raw_data, file.size() - at));
            !bytes.empty())
          code.push_back(bytes);
  return code;
}

void mutate(std::span<std::uint8_t> bytes, std::minstd_rand &random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  const std::size_t at = below(bytes.size());
  const std::size_t length = std::min(1 + below(12), bytes.size() - at);
  switch (below(5)) {
  case 0:
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1u << below(8));
    break;
  case 1:
    bytes[at] = static_cast<std::uint8_t>(random());
    break;
  case 2: { // a piece from elsewhere: whole instructions in other places
    const std::size_t from = below(bytes.size() - length + 1);
    std::copy_n(std::vector(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                            bytes.begin() + static_cast<std::ptrdiff_t>(from + length))
                    .begin(),
                length, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    break;
  }
  case 3: { // numbers on which bounds turn
    constexpr std::uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0x90, 0xc3, 0xeb};
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, edges[below(std::size(edges))]);
    break;
  }
  default: // nearer or farther: displacements, lengths, codes
    bytes[at] = static_cast<std::uint8_t>(bytes[at] + (below(2) ? 1 : 255));
  }
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t, unsigned seed) {
  std::minstd_rand random(seed);
  const std::span file(data, size);
  if (file.empty())
    return 0;
  const auto code = code_of(file);
  for (unsigned count = 1 + static_cast<unsigned>(random() % 4); count > 0; --count)
    mutate(code.empty() || random() % 8 == 0 ? file : code[random() % code.size()], random);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const auto image = image::load_view(std::as_bytes(std::span(data, size)));
  if (!image)
    return 0;
  check(driver::discover(*image, little), *image);
  return 0;
}
