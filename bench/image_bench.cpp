// The image pass (load, every digest, facts, every rule) against the same digests computed with
// OpenSSL alone, one thread, files already in memory, and the whole audit of a driver besides:
//   cmake --preset bench && cmake --build build/bench --target image_bench &&
//   build/bench/bench/image_bench DIRECTORY
// docs/bench.md has the command that was measured, and the numbers.
#include <ringfence/audit/audit.h>
#include <ringfence/facts_build/image_facts.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>
#include <ringfence/rules/rule.h>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <openssl/evp.h>

namespace {

using namespace ringfence;

struct File {
  std::vector<std::byte> bytes;
  std::vector<Bytes> signed_parts; ///< what Authenticode digests
  std::vector<std::byte> page_zero;
};

std::vector<File> read_files(const std::filesystem::path &directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<File> files;
  for (const auto &path : paths) {
    std::ifstream stream(path, std::ios::binary | std::ios::ate);
    File file;
    file.bytes.resize(static_cast<std::size_t>(stream.tellg()));
    stream.seekg(0);
    stream.read(reinterpret_cast<char *>(file.bytes.data()), static_cast<std::streamsize>(file.bytes.size()));
    const auto image = image::load_view(file.bytes);
    if (!image)
      continue;
    const auto &h = image->headers();
    const auto end = image->certificates().size != 0 ? image->certificates().offset.value : file.bytes.size();
    std::uint64_t at = 0;
    const Bytes bytes(file.bytes);
    for (const auto &[gap, size] :
         {std::pair{h.checksum_offset.value, 4u}, {h.certificate_directory_offset.value, 8u}, {end, 0u}}) {
      file.signed_parts.push_back(bytes.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(gap - at)));
      at = gap + size;
    }
    file.page_zero.resize(4096 - 12);
    files.push_back(std::move(file));
  }
  return files;
}

struct Digest {
  EVP_MD *algorithm;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  explicit Digest(const char *name) : algorithm(EVP_MD_fetch(nullptr, name, nullptr)) {}
  void add(Bytes bytes) { EVP_DigestUpdate(context, bytes.data(), bytes.size()); }
  void begin() { EVP_DigestInit_ex2(context, algorithm, nullptr); }
  void end() {
    unsigned char out[EVP_MAX_MD_SIZE];
    EVP_DigestFinal_ex(context, out, nullptr);
    benchmark::DoNotOptimize(out[0]);
  }
};

void digests_alone(benchmark::State &state, const std::vector<File> &files) {
  Digest md5("MD5"), sha1("SHA1"), sha256("SHA256");
  for (auto _ : state)
    for (const auto &file : files) {
      for (auto *digest : {&md5, &sha1, &sha256}) {
        digest->begin();
        digest->add(file.bytes);
        digest->end();
        digest->begin();
        for (const auto &part : file.signed_parts)
          digest->add(part);
        digest->end();
      }
      for (auto *digest : {&sha1, &sha256}) {
        digest->begin();
        digest->add(file.page_zero);
        digest->end();
      }
    }
}

void image_pass(benchmark::State &state, const std::vector<File> &files) {
  image::Hasher hasher;
  for (auto _ : state)
    for (const auto &file : files) {
      const auto image = image::load_view(file.bytes);
      const auto hashes = hasher.hash(*image);
      const auto image_facts = facts_build::build_image_facts(*image, hashes);
      const facts::Facts facts{.image = &image_facts};
      std::vector<finding::Finding> findings;
      for (const auto &rule : rules::all_rules())
        rules::run_rule(rule, facts, findings);
      benchmark::DoNotOptimize(findings.data());
    }
}

/// What `ringfence check` does with the image of a driver that is in memory, the report's image section included.
void whole_audit(benchmark::State &state, const std::vector<File> &files) {
  audit::Auditor auditor({.surface = false});
  for (auto _ : state)
    for (const auto &file : files)
      benchmark::DoNotOptimize(auditor.audit("driver.sys", file.bytes));
}

void load_alone(benchmark::State &state, const std::vector<File> &files) {
  for (auto _ : state)
    for (const auto &file : files)
      benchmark::DoNotOptimize(image::load_view(file.bytes));
}

} // namespace

int main(int argument_count, char **arguments) {
  benchmark::Initialize(&argument_count, arguments);
  if (argument_count != 2) {
    std::fputs("usage: image_bench [--benchmark_...] DIRECTORY\n", stderr);
    return 2;
  }
  const auto files = read_files(arguments[1]);
  std::printf("%zu images\n", files.size());
  benchmark::RegisterBenchmark("digests alone", [&](benchmark::State &state) {
    digests_alone(state, files);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("image pass", [&](benchmark::State &state) {
    image_pass(state, files);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("whole audit", [&](benchmark::State &state) {
    whole_audit(state, files);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("load alone", [&](benchmark::State &state) {
    load_alone(state, files);
  })->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
