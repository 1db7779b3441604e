// Replay on drivers of ours, built by tests/drivers. Skipped where they were not built.

#include <ringfence/replay/replay.h>

#include <ringfence/image/image.h>

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <optional>

namespace ringfence::replay {
namespace {

std::optional<image::Image> load_driver(const std::string &architecture, const std::string &name) {
  std::ifstream file(std::string(RINGFENCE_BINARY_DIR "/tests/drivers/") + architecture + "/" + name, std::ios::binary);
  if (!file)
    return std::nullopt;
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  auto image = image::load(std::move(bytes));
  if (!image)
    return std::nullopt;
  return *std::move(image);
}

/// RF_CODE(function, METHOD_BUFFERED, FILE_ANY_ACCESS) of the test drivers.
constexpr std::uint32_t code(std::uint32_t function) { return 0x9c40u << 16 | (0x800 + function) << 2; }

std::vector<std::byte> message(std::uint32_t index) {
  std::vector<std::byte> out(16);
  for (unsigned i = 0; i < 4; ++i)
    out[i] = static_cast<std::byte>(index >> (8 * i) & 0xff);
  return out;
}

std::vector<std::uint64_t> values_of(const Run &run, const std::string &argument) {
  std::vector<std::uint64_t> out;
  for (const Observation &o : run.observations)
    if (o.argument == argument)
      out.push_back(o.value);
  return out;
}

class DemoDriver : public testing::TestWithParam<const char *> {};

TEST_P(DemoDriver, ReadsTheRegisterThatEachRequestNames) {
  const auto image = load_driver(GetParam(), "demo-msr-any.sys");
  if (!image)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  Replay replay(*image, {});
  ASSERT_TRUE(replay.boot()) << replay.why();
  for (const std::uint32_t index : {0x5a693c10u, 0x4b782d20u}) {
    const Request request{.code = code(1), .input = message(index), .output_length = 16};
    const auto run = replay.run("", std::span(&request, 1));
    EXPECT_TRUE(run.finished) << run.why;
    EXPECT_EQ(values_of(run, "ecx"), std::vector<std::uint64_t>{index});
  }
}

TEST_P(DemoDriver, TheGoodTwinReadsOnlyItsRange) {
  const auto image = load_driver(GetParam(), "demo-msr-any-good.sys");
  if (!image)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  Replay replay(*image, {});
  const Request outside{.code = code(1), .input = message(0xc0000082), .output_length = 16};
  const Request inside{.code = code(1), .input = message(0x611), .output_length = 16};
  EXPECT_TRUE(values_of(replay.run("", std::span(&outside, 1)), "ecx").empty());
  EXPECT_EQ(values_of(replay.run("", std::span(&inside, 1)), "ecx"), std::vector<std::uint64_t>{0x611});
}

TEST_P(DemoDriver, ARequestThatIsTooShortReachesNothing) {
  const auto image = load_driver(GetParam(), "demo-msr-any.sys");
  if (!image)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  Replay replay(*image, {});
  Request request{.code = code(1), .input = message(1), .output_length = 16};
  request.input.pop_back();
  const auto run = replay.run("", std::span(&request, 1));
  EXPECT_TRUE(run.finished);
  EXPECT_TRUE(run.observations.empty());
}

/// The hardware never sets the bit that the driver waits for.
TEST_P(DemoDriver, ALoopThatPollsHardwareIsLeftLongBeforeTheFuelIsSpent) {
  const auto image = load_driver(GetParam(), "port-wait.sys");
  if (!image)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  Replay replay(*image, {});
  ASSERT_TRUE(replay.boot()) << replay.why();
  const Request request{.code = code(1), .input = message(0x5c44), .output_length = 0};
  const auto run = replay.run("", std::span(&request, 1));
  EXPECT_FALSE(run.finished);
  EXPECT_NE(run.why.find("waits for an answer that the hardware does not give"), std::string::npos) << run.why;
  EXPECT_LT(run.instructions, 5'000u);
  const auto ports = values_of(run, "dx");
  ASSERT_GE(ports.size(), 100u);
  EXPECT_TRUE(std::ranges::all_of(ports, [](std::uint64_t port) { return port == 0x5c44; }));
}

TEST_P(DemoDriver, ARunEndsWithWhatItWasToShow) {
  const auto image = load_driver(GetParam(), "port-wait.sys");
  if (!image)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  Replay replay(*image, {});
  ASSERT_TRUE(replay.boot()) << replay.why();
  const Request request{.code = code(1), .input = message(0x5c44), .output_length = 0};
  const auto shown = replay.run("", std::span(&request, 1), [](const Observation &o) { return o.value == 0x5c44; });
  EXPECT_TRUE(shown.reached);
  EXPECT_FALSE(shown.finished);
  EXPECT_EQ(values_of(shown, "dx"), std::vector<std::uint64_t>{0x5c44});
  const auto other = replay.run("", std::span(&request, 1), [](const Observation &o) { return o.value == 1; });
  EXPECT_FALSE(other.reached);
}

INSTANTIATE_TEST_SUITE_P(Architectures, DemoDriver, testing::Values("x64", "x86"),
                         [](const auto &which) { return std::string(which.param); });

} // namespace
} // namespace ringfence::replay
