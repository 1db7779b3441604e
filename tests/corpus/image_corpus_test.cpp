// The image room against the corpus of real drivers: every file loads without a diagnostic, digests
// and imports are those that LOLDrivers published, and no mutation of any file breaks an invariant,
// leaves a rule without a verdict or takes a second.
#include <ringfence/base/text.h>
#include <ringfence/document/document.h>
#include <ringfence/facts_build/image_facts.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>
#include <ringfence/rules/rule.h>

#include "image_invariants.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace ringfence::image {
namespace {

const std::filesystem::path corpus = RINGFENCE_SOURCE_DIR "/../shared/corpus";

std::vector<std::byte> read_all(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

class ImageCorpus : public testing::Test {
protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(corpus))
      GTEST_SKIP() << "skipped 1: no corpus beside the checkout";
    for (const auto &entry : std::filesystem::recursive_directory_iterator(corpus))
      if (ascii_lower(entry.path().extension().string()) == ".sys")
        paths_.push_back(entry.path());
    std::sort(paths_.begin(), paths_.end());
    ASSERT_FALSE(paths_.empty());
  }
  std::vector<std::filesystem::path> paths_;
  Hasher hasher_;
};

TEST_F(ImageCorpus, EveryDriverLoadsWithoutADiagnostic) {
  std::size_t checksums = 0;
  for (const auto &path : paths_) {
    const auto image = load(read_all(path));
    ASSERT_TRUE(image.ok()) << path << ": " << image.error().what;
    for (const auto &diagnostic : image->diagnostics())
      ADD_FAILURE() << path << ": " << name_of(diagnostic.part) << ": " << diagnostic.what;
    EXPECT_EQ(test::broken_invariant(*image, hasher_), "") << path;
    checksums += hasher_.hash(*image).checksum == image->headers().checksum ? 1u : 0u;
  }
  // One driver's header checksum is wrong: it was patched after it was linked.
  EXPECT_EQ(checksums + 1, paths_.size());
  std::printf("%zu drivers loaded, %zu checksums correct\n", paths_.size(), checksums);
}

std::string text_of(const Value &object, std::string_view key) {
  const auto *value = object.find(key);
  const auto *text = value ? value->if_string() : nullptr;
  return text ? *text : std::string();
}

std::vector<std::string> texts_of(const Value &object, std::string_view key) {
  std::vector<std::string> texts;
  const auto *value = object.find(key);
  if (const auto *array = value ? value->if_array() : nullptr)
    for (const auto &item : *array)
      if (const auto *text = item.if_string())
        texts.push_back(*text);
  return texts;
}

void compare(const Image &image, const Hashes &hashes, const Value &expected) {
  const auto &authentihash = *expected.find("authentihash");
  EXPECT_EQ(hex_bytes(hashes.file.md5), text_of(expected, "md5"));
  EXPECT_EQ(hex_bytes(hashes.file.sha1), text_of(expected, "sha1"));
  EXPECT_EQ(hex_bytes(hashes.authentihash.md5), text_of(authentihash, "md5"));
  EXPECT_EQ(hex_bytes(hashes.authentihash.sha1), text_of(authentihash, "sha1"));
  EXPECT_EQ(hex_bytes(hashes.authentihash.sha256), text_of(authentihash, "sha256"));
  EXPECT_EQ(hashes.imphash ? hex_bytes(*hashes.imphash) : "", text_of(expected, "imphash"));
  EXPECT_EQ(hashes.rich_hash ? hex_bytes(*hashes.rich_hash) : "", text_of(expected, "rich_hash_md5"));
  std::vector<std::string> modules, functions, exported;
  for (const auto &module : image.imports().modules) {
    modules.emplace_back(module.name);
    for (const auto &symbol : image.imports().symbols_of(module))
      functions.push_back(symbol.by_ordinal ? "ord" + std::to_string(symbol.ordinal) : std::string(symbol.name));
  }
  for (const auto &symbol : image.exports().symbols)
    exported.emplace_back(symbol.name);
  EXPECT_EQ(modules, texts_of(expected, "imported_dlls"));
  EXPECT_EQ(functions, texts_of(expected, "imported_functions"));
  EXPECT_EQ(exported, texts_of(expected, "exported_functions"));
  for (const auto &section : image.sections()) {
    const auto size = text_of(*expected.find("sections"), section.name);
    EXPECT_EQ(hex(section.virtual_size), size) << section.name;
  }
  if (const auto *strings = expected.find("version_info")->if_object())
    for (const auto &[key, value] : *strings) {
      const auto *found = image.version() ? image.version()->find(key) : nullptr;
      EXPECT_EQ(std::string(trim(found ? *found : "")), std::string(trim(*value.if_string()))) << key;
    }
}

TEST_F(ImageCorpus, DigestsAndImportsAreThoseOfLolDrivers) {
  const auto bytes = read_all(corpus / "loldrivers-expect.json");
  const auto expectations = document::parse_json({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  ASSERT_TRUE(expectations.ok());
  std::size_t compared = 0;
  for (const auto &path : paths_) {
    const auto image = load(read_all(path));
    ASSERT_TRUE(image.ok());
    const auto hashes = hasher_.hash(*image);
    const auto *expected = expectations->find(hex_bytes(hashes.file.sha256));
    if (!expected)
      continue;
    SCOPED_TRACE(path.string());
    ++compared;
    compare(*image, hashes, *expected);
  }
  EXPECT_EQ(compared, expectations->if_object()->size());
  std::printf("%zu drivers compared\n", compared);
}

/// SplitMix64 (Steele, Lea, Flood): the same mutations on every machine.
class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    auto z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound); }

private:
  std::uint64_t state_;
};

/// Offsets that matter: headers, section table, and the start of every table that a directory
/// names.
std::vector<std::size_t> hot_offsets(const Image &image) {
  std::vector<std::size_t> offsets;
  const auto &h = image.headers();
  for (auto at = h.pe_offset.value; at < h.section_table_offset.value + 40 * image.sections().size(); at += 2)
    offsets.push_back(static_cast<std::size_t>(at));
  for (const auto &directory : h.directories)
    if (const auto offset = image.offset_of(directory.rva); offset && directory.size != 0)
      for (std::size_t i = 0; i < std::min<std::size_t>(directory.size, 256); i += 2)
        offsets.push_back(static_cast<std::size_t>(offset->value) + i);
  return offsets;
}

void mutate(std::vector<std::byte> &bytes, const std::vector<std::size_t> &hot, unsigned number, Random &random) {
  constexpr std::uint32_t interesting[] = {0,       1,          7,          0xff,       0x7fff,    0xffff,
                                           0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
  const auto place = [&](bool biased) {
    return std::min(biased ? hot[random.below(hot.size())] : random.below(bytes.size()), bytes.size() - 1);
  };
  if (number % 5 == 0) {
    bytes.resize(number % 10 == 0 ? random.below(bytes.size()) : place(true));
    return;
  }
  const auto changes = 1 + random.below(4);
  for (std::size_t i = 0; i < changes; ++i) {
    const auto at = place(number % 5 != 1);
    if (number % 5 < 4) {
      bytes[at] ^= static_cast<std::byte>(1u << random.below(8));
      continue;
    }
    const auto value = interesting[random.below(std::size(interesting))];
    for (std::size_t b = 0; b < 4 && at + b < bytes.size(); ++b)
      bytes[at + b] = static_cast<std::byte>(value >> (8 * b));
  }
}

/// Runs every rule over the image; how many verdicts they gave.
std::size_t findings_of(const Image &image, Hasher &hasher) {
  const auto image_facts = facts_build::build_image_facts(image, hasher.hash(image));
  const facts::Facts facts{.image = &image_facts};
  std::vector<finding::Finding> findings;
  for (const auto &rule : rules::all_rules())
    rules::run_rule(rule, facts, findings);
  return findings.size();
}

TEST_F(ImageCorpus, TwoHundredMutationsOfEachFileEndInTime) {
  using Clock = std::chrono::steady_clock;
  std::size_t loaded = 0, refused = 0;
  double slowest = 0;
  std::string slowest_name;
  for (std::size_t file = 0; file < paths_.size(); ++file) {
    const auto original = read_all(paths_[file]);
    const auto whole = load_view(original);
    ASSERT_TRUE(whole.ok());
    const auto hot = hot_offsets(*whole);
    for (unsigned number = 0; number < 200; ++number) {
      Random random(file * 1000 + number);
      auto bytes = original;
      mutate(bytes, hot, number, random);
      const auto start = Clock::now();
      const auto image = load_view(bytes);
      if (image) {
        ASSERT_EQ(test::broken_invariant(*image, hasher_), "") << paths_[file] << " mutation " << number;
        ASSERT_GE(findings_of(*image, hasher_), rules::all_rules().size())
            << "a rule without a verdict: " << paths_[file] << " mutation " << number;
      } else {
        ASSERT_FALSE(image.error().what.empty());
      }
      const std::chrono::duration<double> took = Clock::now() - start;
      ++(image ? loaded : refused);
      if (took.count() > slowest) {
        slowest = took.count();
        slowest_name = paths_[file].filename().string() + " mutation " + std::to_string(number);
      }
    }
  }
  EXPECT_LT(slowest, 1.0) << slowest_name;
  std::printf("%zu mutations: %zu loaded, %zu refused; the slowest took %.3f s (%s)\n", loaded + refused, loaded,
              refused, slowest, slowest_name.c_str());
}

} // namespace
} // namespace ringfence::image
