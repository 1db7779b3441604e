// Control flow and semantics over the corpus: what is reached, what has semantics, that every lifted block verifies
// and survives printing and parsing, and how long it takes. Exits with 1 when a floor is missed.
//   code_corpus DIRECTORY [--verbose] [--time]
#include <ringfence/base/text.h>
#include <ringfence/code/idiom.h>
#include <ringfence/code/program.h>
#include <ringfence/code/unwind_coverage.h>
#include <ringfence/image/image.h>
#include <ringfence/ir/text.h>
#include <ringfence/ir/verify.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace ringfence;

namespace {

struct Totals {
  unsigned drivers = 0, broken_text = 0, broken_verify = 0;
  std::uint64_t instructions = 0, unknown = 0, blocks = 0, functions = 0;
  std::uint64_t tables = 0, unresolved_jumps = 0, dead_ends = 0;
  std::uint64_t unwind = 0, reached = 0, explained = 0;
  std::uint64_t idiom_functions = 0, idiom_loops = 0;
  std::vector<double> milliseconds, idiom_milliseconds;
};

std::vector<std::byte> contents(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

bool text_is_identity(const ir::Body &body) {
  const std::string printed = ir::print(body);
  ir::Body again;
  const Status status = ir::parse(printed, again);
  return status && ir::print(again) == printed;
}

void measure(const std::filesystem::path &path, Totals &totals, bool verbose, bool time) {
  auto image = image::load(contents(path));
  if (!image || !code::architecture_of(*image))
    return;
  double best = 1e9;
  for (int run = 0; run < (time ? 5 : 1); ++run) {
    const auto start = std::chrono::steady_clock::now();
    const code::Program program = code::discover(*image);
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  code::Program program = code::discover(*image);
  const code::Statistics &s = program.statistics();
  const code::UnwindCoverage unwind = code::measure_unwind_coverage(program);
  ++totals.drivers;
  totals.instructions += s.instructions;
  totals.unknown += s.unknown_instructions;
  totals.blocks += s.blocks;
  totals.functions += s.functions;
  totals.tables += s.jump_tables;
  totals.unresolved_jumps += s.unresolved_jumps;
  totals.dead_ends += program.dead_ends().size();
  totals.unwind += unwind.functions;
  totals.reached += unwind.reached;
  totals.explained += unwind.explained();
  totals.milliseconds.push_back(best);
  const Status verified = ir::verify(program.body());
  if (!verified) {
    ++totals.broken_verify;
    std::printf("  verify %s: %s\n", path.filename().c_str(), verified.error().what.c_str());
  }
  const bool identity = time || text_is_identity(program.body());
  totals.broken_text += !identity;
  if (verbose || !identity)
    std::printf("%-44.44s fn %5u bl %6u in %7u unk %4u tab %3u unres %3u dead %3zu call %5u imp %5u ind %4u pdata "
                "%zu/%zu+%zu %s%.2f ms\n",
                path.filename().c_str(), s.functions, s.blocks, s.instructions, s.unknown_instructions, s.jump_tables,
                s.unresolved_jumps, program.dead_ends().size(), s.direct_calls, s.import_calls, s.indirect_calls,
                unwind.reached, unwind.functions, unwind.explained(), identity ? "" : "TEXT DIFFERS ", best);
  const auto start = std::chrono::steady_clock::now();
  const auto loops = code::recognise_loops(program);
  const auto routines = code::recognise_functions(program);
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
  totals.idiom_milliseconds.push_back(taken.count());
  totals.idiom_loops += loops.size();
  totals.idiom_functions += routines.size();
  if (!verbose)
    return;
  for (const code::FunctionIdiom &idiom : routines)
    std::printf("    idiom %llx %s\n", static_cast<unsigned long long>(idiom.entry.value),
                std::string(name_of(idiom.kind)).c_str());
  for (const code::LoopIdiom &loop : loops)
    std::printf("    loop %llx %s of %u\n", static_cast<unsigned long long>(program.body().block(loop.block).address),
                std::string(name_of(loop.kind)).c_str(), loop.bytes);
  for (const Va at : program.unknown_instructions()) {
    const auto rva = image->rva_of(at);
    const auto bytes = rva ? image->bytes_from(*rva) : Bytes();
    std::printf("    unknown %llx:", static_cast<unsigned long long>(at.value));
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 10); ++i)
      std::printf(" %02x", std::to_integer<unsigned>(bytes[i]));
    std::printf("\n");
  }
  for (const code::Unresolved &one : program.unresolved())
    if (!one.call)
      std::printf("    unresolved jump %llx\n", static_cast<unsigned long long>(one.at.value));
  for (const code::DeadEnd &dead : program.dead_ends())
    std::printf("    dead end %llx -> %llx: %s\n", static_cast<unsigned long long>(dead.from.value),
                static_cast<unsigned long long>(dead.at.value), std::string(name_of(dead.why)).c_str());
  for (const Rva missed : unwind.missed)
    std::printf("    missed %x\n", missed.value);
}

double quantile(std::vector<double> values, double q) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

} // namespace

int main(int argc, char **argv) {
  bool verbose = false, time = false;
  std::filesystem::path root;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    verbose |= argument == "--verbose";
    time |= argument == "--time";
    if (!argument.starts_with("--"))
      root = argument;
  }
  if (root.empty() || !std::filesystem::exists(root)) {
    std::printf("skipped everything: no corpus at %s\n", root.c_str());
    return 77;
  }
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::is_regular_file(root))
    paths.push_back(root);
  else
    for (const auto &entry : std::filesystem::recursive_directory_iterator(root))
      if (ascii_iequals(entry.path().extension().string(), ".sys"))
        paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  Totals t;
  for (const auto &path : paths)
    measure(path, t, verbose, time);
  const double semantics =
      t.instructions ? 100.0 * static_cast<double>(t.instructions - t.unknown) / static_cast<double>(t.instructions)
                     : 0;
  const double unwind =
      t.unwind ? 100.0 * static_cast<double>(t.reached + t.explained) / static_cast<double>(t.unwind) : 100;
  std::printf("drivers %u, functions %llu, blocks %llu, instructions %llu, with semantics %.4f %%\n", t.drivers,
              static_cast<unsigned long long>(t.functions), static_cast<unsigned long long>(t.blocks),
              static_cast<unsigned long long>(t.instructions), semantics);
  std::printf("jump tables %llu, unresolved jumps %llu, dead ends %llu\n", static_cast<unsigned long long>(t.tables),
              static_cast<unsigned long long>(t.unresolved_jumps), static_cast<unsigned long long>(t.dead_ends));
  std::printf("functions of unwind data %llu: reached %llu, explained %llu, together %.2f %%\n",
              static_cast<unsigned long long>(t.unwind), static_cast<unsigned long long>(t.reached),
              static_cast<unsigned long long>(t.explained), unwind);
  std::printf("verifier failures %u, text differences %u\n", t.broken_verify, t.broken_text);
  std::printf("routines recognised %llu, loops %llu; median %.2f ms, most %.2f ms\n",
              static_cast<unsigned long long>(t.idiom_functions), static_cast<unsigned long long>(t.idiom_loops),
              quantile(t.idiom_milliseconds, 0.5), quantile(t.idiom_milliseconds, 1));
  std::printf("decode + lift + flow: median %.2f ms, 95th percentile %.2f ms, most %.2f ms\n",
              quantile(t.milliseconds, 0.5), quantile(t.milliseconds, 0.95), quantile(t.milliseconds, 1));
  return semantics < 99.5 || unwind < 90 || t.broken_text || t.broken_verify ? 1 : 0;
}
