#include <ringfence/cli/pdb_files.h>

#include <ringfence/base/text.h>
#include <ringfence/cli/files.h>

#include <algorithm>
#include <filesystem>

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path &path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// A name out of a driver must not lead out of the directory that is looked into.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of("/\\:") == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

class Collector {
public:
  explicit Collector(std::vector<audit::PdbPlace> &out) : out_(out) {}
  void add(const fs::path &path, bool asked_for) {
    const std::string text = path.generic_string();
    const bool known = std::any_of(out_.begin(), out_.end(), [&](const audit::PdbPlace &p) { return p.path == text; });
    if (!known && is_file(path))
      out_.push_back({text, asked_for});
  }

private:
  std::vector<audit::PdbPlace> &out_;
};

} // namespace

PdbFiles::PdbFiles(std::vector<std::string> given, bool single_driver)
    : given_(std::move(given)), single_driver_(single_driver) {}

std::vector<audit::PdbPlace> PdbFiles::places(std::string_view driver_path, std::string_view pdb_name,
                                              std::string_view key) const {
  const fs::path driver{std::string(driver_path)};
  std::vector<std::string> names;
  if (is_plain_name(pdb_name))
    names.emplace_back(pdb_name);
  if (const std::string own = driver.stem().string() + ".pdb"; names.empty() || !ascii_iequals(names[0], own))
    names.push_back(own);
  std::vector<audit::PdbPlace> out;
  Collector collector(out);
  for (const std::string &given : given_) {
    const fs::path path(given);
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      const std::string name = path.filename().string();
      if (single_driver_ ||
          std::any_of(names.begin(), names.end(), [&](const std::string &n) { return ascii_iequals(n, name); }))
        collector.add(path, true);
      continue;
    }
    for (const std::string &name : names) {
      collector.add(path / name, true);
      if (is_plain_name(key))
        collector.add(path / name / std::string(key) / name, true);
    }
  }
  for (const std::string &name : names)
    collector.add(driver.parent_path() / name, false);
  return out;
}

Result<std::vector<std::byte>> PdbFiles::read(const std::string &path) const { return read_file(path); }

} // namespace ringfence::cli
