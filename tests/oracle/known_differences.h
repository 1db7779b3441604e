// Differences that are explained: one a line, `mnemonic | difference | explanation`. The first field is
// the beginning of the instruction's mnemonic, " m" when an operand is in memory, and its bytes (or `*`), the second
// that of the difference, both as the test prints them. Lines that start with # are comments. A line without an
// explanation is refused.
#pragma once

#include <ringfence/base/text.h>

#include <fstream>
#include <string>
#include <vector>

namespace oracle {

class KnownDifferences {
public:
  bool read(const std::string &path) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#')
        continue;
      const auto fields = ringfence::split(line, '|');
      if (fields.size() != 3 || ringfence::trim(fields[2]).empty())
        return false;
      entries_.push_back({std::string(ringfence::trim(fields[0])), std::string(ringfence::trim(fields[1]))});
    }
    return file.eof();
  }
  bool explains(const std::string &instruction, const std::string &difference) const {
    for (const Entry &entry : entries_)
      if ((entry.mnemonic == "*" || instruction.starts_with(entry.mnemonic)) &&
          difference.starts_with(entry.difference))
        return true;
    return false;
  }

private:
  struct Entry {
    std::string mnemonic, difference;
  };
  std::vector<Entry> entries_;
};

} // namespace oracle
