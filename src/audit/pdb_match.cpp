#include "pdb_match.h"

#include <ringfence/base/text.h>

namespace ringfence::audit {
namespace {

/// GUID and age in one word, the form of directories in a symbol store.
std::string store_key(const pdb::Identity &identity) {
  std::string key;
  for (const char c : pdb::to_string(identity)) {
    if (c == '}')
      break;
    if (c != '{' && c != '-')
      key += c;
  }
  std::string age = hex(identity.age).substr(2);
  for (char &c : age)
    c = static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  return key + age;
}

class Search {
public:
  Search(const image::Image &image, report::Coverage &coverage) : coverage_(coverage) {
    if (const auto &codeview = image.debug().codeview) {
      name_ = file_name_of(codeview->path);
      if (codeview->rsds)
        wanted_ = pdb::Identity{codeview->guid, codeview->age};
    }
  }

  std::optional<MatchedPdb> run(std::string_view driver_path, const PdbAccess &access) {
    for (const PdbPlace &place : access.places(driver_path, name_, wanted_ ? store_key(*wanted_) : std::string())) {
      auto found = try_place(place, access);
      if (found)
        return found;
    }
    return std::nullopt;
  }

private:
  std::optional<MatchedPdb> try_place(const PdbPlace &place, const PdbAccess &access) {
    if (!wanted_) {
      if (place.asked_for)
        say(place, "the driver's debug directory names no PDB by GUID, so that none can be matched");
      return std::nullopt;
    }
    const auto bytes = access.read(place.path);
    if (!bytes) {
      say(place, bytes.error().what);
      return std::nullopt;
    }
    const auto identity = pdb::read_identity(*bytes);
    if (!identity) {
      say(place, to_string(identity.error()));
      return std::nullopt;
    }
    if (*identity != *wanted_) {
      say(place, "belongs to another build: it is " + pdb::to_string(*identity) + ", the driver asks for " +
                     pdb::to_string(*wanted_));
      return std::nullopt;
    }
    auto pdb = pdb::load(*bytes);
    if (!pdb) {
      say(place, to_string(pdb.error()));
      return std::nullopt;
    }
    return MatchedPdb{place.path, *std::move(pdb)};
  }

  void say(const PdbPlace &place, std::string why) {
    coverage_.reasons.push_back({"PDB " + place.path, std::move(why), {}});
    if (place.asked_for && coverage_.verdict == report::CoverageVerdict::complete)
      coverage_.verdict = report::CoverageVerdict::partial;
  }

  report::Coverage &coverage_;
  std::string_view name_;
  std::optional<pdb::Identity> wanted_;
};

void name_place(const pdb::Pdb &pdb, finding::Location &location) {
  if (!location.rva || !location.section.empty())
    return;
  const auto name = pdb.name_at(*location.rva);
  if (!name)
    return;
  if (location.symbol.empty()) {
    location.symbol = name->name;
    if (name->displacement != 0)
      location.symbol += "+" + hex(name->displacement);
  }
  if (const auto line = pdb.line_at(*location.rva)) {
    location.symbol += " (" + pdb.source_at(*location.rva) + ")";
    location.source = line->path;
    location.line = line->line;
  }
}

} // namespace

std::optional<MatchedPdb> find_pdb(const image::Image &image, std::string_view driver_path, const PdbAccess *access,
                                   report::Coverage &coverage) {
  return access ? Search(image, coverage).run(driver_path, *access) : std::nullopt;
}

void name_places(const pdb::Pdb &pdb, std::vector<finding::Finding> &findings) {
  for (finding::Finding &f : findings) {
    name_place(pdb, f.location);
    for (finding::PathStep &step : f.path)
      name_place(pdb, step.location);
  }
}

} // namespace ringfence::audit
