// One core: access checks against a DACL of ten entries, with the last one deciding, and SDDL parsing.
#include <ringfence/security/access_check.h>
#include <ringfence/security/sddl.h>

#include <benchmark/benchmark.h>

namespace {

using namespace ringfence::security;

void access_check_ten_entries(benchmark::State &state) {
  const auto parsed =
      parse_sddl("O:BAG:SYD:P(D;;GA;;;AN)(D;;GA;;;BG)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;LS)(A;;GR;;;NS)(A;;GR;;;SU)"
                 "(A;;GR;;;UD)(A;;GR;;;S-1-5-21-1-2-3-1001)(A;;GRGW;;;BU)");
  const Token token = *token_from_preset("user");
  AccessRequest request;
  request.desired = access::file_read_data | access::file_write_data;
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(check_access(parsed->descriptor, token, request));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(access_check_ten_entries);

void sddl_parse(benchmark::State &state) {
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(parse_sddl("D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)"));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sddl_parse);

void sddl_format(benchmark::State &state) {
  const auto parsed = parse_sddl("D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(format_sddl(parsed->descriptor));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sddl_format);

} // namespace

BENCHMARK_MAIN();
