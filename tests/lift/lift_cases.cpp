// Golden cases of instruction semantics: *.case files hold bytes and the IR they must lift to.
//
//   lift_cases test DIRECTORY     compares, prints the first difference of each case that differs;
//   exit 1 when one does lift_cases rebase DIRECTORY   rewrites the IR of every case
//
// A case is `== title`, a line `MODE HEX`, and the printed block, lifted at 0x1000. Lines before
// the first case are kept.
#include <ringfence/base/text.h>
#include <ringfence/ir/text.h>
#include <ringfence/ir/verify.h>
#include <ringfence/lift/lift.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

using namespace ringfence;

struct Case {
  std::string title, code, expected;
};

struct CaseFile {
  std::string header;
  std::vector<Case> cases;
};

CaseFile read_cases(const std::filesystem::path &path) {
  CaseFile file;
  std::ifstream in(path, std::ios::binary);
  std::string line;
  bool wants_code = false;
  while (std::getline(in, line)) {
    if (line.starts_with("== ")) {
      file.cases.push_back({line.substr(3), "", ""});
      wants_code = true;
    } else if (file.cases.empty()) {
      file.header += line + "\n";
    } else if (wants_code) {
      file.cases.back().code = line;
      wants_code = false;
    } else if (!line.empty()) {
      file.cases.back().expected += line + "\n";
    }
  }
  return file;
}

/// The printed IR, or a line that says what is wrong.
std::string lifted(const std::string &code) {
  const auto words = split(code, ' ');
  const auto architecture = words.size() == 2 ? ir::architecture_by_name(words[0]) : std::nullopt;
  const auto bytes = words.size() == 2 ? bytes_from_hex(words[1]) : std::nullopt;
  if (!architecture || !bytes)
    return "error: expected MODE HEX\n";
  auto lifter = lift::make_lifter(*architecture);
  if (!lifter)
    return "error: " + to_string(lifter.error()) + "\n";
  ir::Body body;
  const auto block = (*lifter)->lift_block(*bytes, 0x1000, lift::kNoBoundary, body);
  if (!block)
    return "error: " + to_string(block.error()) + "\n";
  if (const Status status = ir::verify(body); !status)
    return "error: " + to_string(status.error()) + "\n";
  const std::string text = ir::print(body);
  ir::Body again;
  if (!ir::parse(text, again) || ir::print(again) != text || again.ops != body.ops)
    return "error: the text is not read back to the same operations\n";
  return text;
}

/// True when the case holds; the build may lack a decoder, which is told, not failed.
bool holds(const std::filesystem::path &path, const Case &one) {
  const std::string actual = lifted(one.code);
  if (actual.starts_with("error: this build decodes no")) {
    std::printf("skipped %s: %s\n", path.filename().string().c_str(), one.title.c_str());
    return true;
  }
  if (actual == one.expected)
    return true;
  std::istringstream expected(one.expected), found(actual);
  std::string left, right;
  while (std::getline(expected, left) && std::getline(found, right) && left == right) {
  }
  std::printf("%s: %s\n  expected %s\n  found    %s\n", path.filename().string().c_str(), one.title.c_str(),
              left.c_str(), right.c_str());
  return false;
}

void rebase(const std::filesystem::path &path, const CaseFile &file) {
  std::string text = file.header;
  for (const Case &one : file.cases)
    text += "== " + one.title + "\n" + one.code + "\n" + lifted(one.code) + "\n";
  std::ofstream(path, std::ios::binary) << text;
}

} // namespace

int main(int argc, char **argv) {
  const std::string_view verb = argc == 3 ? argv[1] : "";
  if (verb != "test" && verb != "rebase") {
    std::fprintf(stderr, "usage: lift_cases test|rebase DIRECTORY\n");
    return 2;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto &entry : std::filesystem::directory_iterator(argv[2]))
    if (entry.path().extension() == ".case")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::size_t count = 0, failed = 0;
  for (const auto &path : paths) {
    const CaseFile file = read_cases(path);
    if (verb == "rebase")
      rebase(path, file);
    else
      for (const Case &one : file.cases)
        failed += holds(path, one) ? 0 : 1;
    count += file.cases.size();
  }
  std::printf("%zu files, %zu cases, %zu differ\n", paths.size(), count, failed);
  return failed != 0 || count == 0 ? 1 : 0;
}
