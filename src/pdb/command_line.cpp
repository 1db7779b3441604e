#include <ringfence/pdb/command_line.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ringfence::pdb {
namespace {

constexpr std::size_t word_cap = 1u << 16;

/// Splits at spaces outside double quotes; the quotes go.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if ((c == ' ' || c == '\t') && !quoted) {
      if (any && words.size() < word_cap)
        words.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any && words.size() < word_cap)
    words.push_back(std::move(word));
  return words;
}

Switches microsoft_switches(const std::vector<std::string> &words) {
  Switches s{.security_checks = true, .sdl = false, .spectre_mitigation = false, .warning_level = 1, .kernel = false};
  for (const std::string &word : words) {
    if (word.size() < 2 || (word[0] != '-' && word[0] != '/'))
      continue;
    const std::string_view name = std::string_view(word).substr(1);
    if (name == "GS" || name == "GS-")
      s.security_checks = name == "GS";
    else if (name == "sdl" || name == "sdl-")
      s.sdl = name == "sdl";
    else if (name == "Qspectre" || name == "Qspectre-load" || name == "Qspectre-load-cf" || name == "d2guardspecload")
      s.spectre_mitigation = true;
    else if (name == "Qspectre-")
      s.spectre_mitigation = false;
    else if (name == "w")
      s.warning_level = 0;
    else if (name == "Wall")
      s.warning_level = 5;
    else if (name.size() == 2 && name[0] == 'W' && name[1] >= '0' && name[1] <= '4')
      s.warning_level = static_cast<unsigned>(name[1] - '0');
    else if (name == "kernel" || name == "kernel-")
      s.kernel = name == "kernel";
  }
  return s;
}

/// clang-cl turns /W1 to /W3 into -Wall, /W4 into -WCL4, /Wall into -Weverything, and /W0 into -w.
Switches clang_switches(const std::vector<std::string> &words) {
  Switches s{
      .security_checks = false, .sdl = std::nullopt, .spectre_mitigation = false, .warning_level = 1, .kernel = false};
  bool silent = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string &word = words[i];
    if (word == "-stack-protector" && i + 1 < words.size())
      s.security_checks = words[i + 1] != "0";
    else if (word == "-mspeculative-load-hardening")
      s.spectre_mitigation = true;
    else if (word == "-fms-kernel")
      s.kernel = true;
    else if (word == "-w")
      silent = true;
    else if (word == "-Wall")
      s.warning_level = std::max(*s.warning_level, 3u);
    else if (word == "-Wextra" || word == "-WCL4" || word == "-W")
      s.warning_level = std::max(*s.warning_level, 4u);
    else if (word == "-Weverything")
      s.warning_level = 5;
  }
  if (silent)
    s.warning_level = 0;
  return s;
}

} // namespace

Switches read_switches(std::string_view command_line) {
  const std::vector<std::string> words = words_of(command_line);
  if (words.empty())
    return {};
  return std::find(words.begin(), words.end(), "-cc1") != words.end() ? clang_switches(words)
                                                                      : microsoft_switches(words);
}

} // namespace ringfence::pdb
