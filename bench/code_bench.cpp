// Decode, lift and control flow of whole drivers: RINGFENCE_BENCH_DRIVERS names a directory of *.sys files (default:
// ../shared/corpus beside the source). One benchmark for the median driver by code size, one for all of them.
#include <ringfence/base/text.h>
#include <ringfence/code/idiom.h>
#include <ringfence/code/program.h>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

using namespace ringfence;

namespace {

std::vector<image::Image> load_drivers() {
  const char *const named = std::getenv("RINGFENCE_BENCH_DRIVERS");
  const std::filesystem::path root = named ? named : RINGFENCE_SOURCE_DIR "/../shared/corpus";
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::exists(root))
    for (const auto &entry : std::filesystem::recursive_directory_iterator(root))
      if (ascii_iequals(entry.path().extension().string(), ".sys"))
        paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<image::Image> images;
  for (const auto &path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto bytes = std::as_bytes(std::span(text));
    auto image = image::load({bytes.begin(), bytes.end()});
    if (image && code::architecture_of(*image))
      images.push_back(*std::move(image));
  }
  std::sort(images.begin(), images.end(), [](const image::Image &a, const image::Image &b) {
    return a.headers().size_of_code < b.headers().size_of_code;
  });
  return images;
}

const std::vector<image::Image> &drivers() {
  static const std::vector<image::Image> images = load_drivers();
  return images;
}

void discover_median(benchmark::State &state) {
  if (drivers().empty())
    return state.SkipWithError("skipped: no drivers");
  const image::Image &image = drivers()[drivers().size() / 2];
  std::uint64_t instructions = 0;
  for (auto _ : state)
    instructions += code::discover(image).statistics().instructions;
  state.counters["instructions/s"] = benchmark::Counter(static_cast<double>(instructions), benchmark::Counter::kIsRate);
}
BENCHMARK(discover_median)->Unit(benchmark::kMillisecond);

void discover_all(benchmark::State &state) {
  if (drivers().empty())
    return state.SkipWithError("skipped: no drivers");
  std::uint64_t instructions = 0;
  for (auto _ : state)
    for (const image::Image &image : drivers())
      instructions += code::discover(image).statistics().instructions;
  state.counters["instructions/s"] = benchmark::Counter(static_cast<double>(instructions), benchmark::Counter::kIsRate);
}
BENCHMARK(discover_all)->Unit(benchmark::kMillisecond)->Iterations(3);

/// Every driver by itself, best of three: the distribution, in CPU time of the process.
void discover_each(benchmark::State &state) {
  if (drivers().empty())
    return state.SkipWithError("skipped: no drivers");
  std::vector<double> best(drivers().size(), 1e9);
  for (auto _ : state)
    for (std::size_t i = 0; i < drivers().size(); ++i)
      for (int round = 0; round < 3; ++round) {
        const std::clock_t begin = std::clock();
        benchmark::DoNotOptimize(code::discover(drivers()[i]).statistics().instructions);
        best[i] = std::min(best[i], 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
      }
  std::sort(best.begin(), best.end());
  state.counters["drivers"] = static_cast<double>(best.size());
  state.counters["median_ms"] = best[best.size() / 2];
  state.counters["p95_ms"] = best[best.size() * 95 / 100];
  state.counters["most_ms"] = best.back();
}
BENCHMARK(discover_each)->Unit(benchmark::kMillisecond)->Iterations(1);

void recognise_median(benchmark::State &state) {
  if (drivers().empty())
    return state.SkipWithError("skipped: no drivers");
  const code::Program program = code::discover(drivers()[drivers().size() / 2]);
  for (auto _ : state)
    benchmark::DoNotOptimize(code::recognise_functions(program).size() + code::recognise_loops(program).size());
}
BENCHMARK(recognise_median)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
