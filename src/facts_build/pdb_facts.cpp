#include <ringfence/facts_build/pdb_facts.h>

#include "cookie_reach.h"

#include <ringfence/base/text.h>
#include <ringfence/pdb/command_line.h>

#include <algorithm>

namespace ringfence::facts_build {
namespace {

std::string object_name(const pdb::Compiland &compiland) {
  std::string name(file_name_of(compiland.module));
  if (!compiland.library.empty() && compiland.library != compiland.module)
    name += " (" + std::string(file_name_of(compiland.library)) + ")";
  return name;
}

/// What the functions of one compiland say together.
struct Frames {
  std::size_t count = 0, described = 0, checked = 0, exempted = 0;
  bool implements_cookie = false;
};

std::vector<Frames> frames_of(const pdb::Pdb &pdb) {
  std::vector<Frames> out(pdb.compilands().size());
  for (const pdb::Function &function : pdb.functions()) {
    Frames &frames = out[function.compiland];
    ++frames.count;
    frames.described += function.frame_described;
    frames.checked += function.security_checks;
    frames.exempted += function.safe_buffers;
    frames.implements_cookie |= function.name == "__security_check_cookie" || function.name == "__security_init_cookie";
  }
  return out;
}

/// Microsoft's compiler states /GS in the compile record. Clang does not; it marks each function of an object without
/// /GS as exempted, so that one function without the mark shows that the object has it.
std::optional<bool> security_checks(const pdb::Compiland &compiland, bool microsoft, const pdb::Switches &switches,
                                    const Frames &frames) {
  if (microsoft)
    return compiland.security_checks;
  if (switches.security_checks)
    return switches.security_checks;
  if (frames.described == 0)
    return std::nullopt;
  return frames.exempted < frames.described;
}

facts::SourceHash source_hash(pdb::SourceHash hash) {
  switch (hash) {
  case pdb::SourceHash::none:
    return facts::SourceHash::none;
  case pdb::SourceHash::md5:
    return facts::SourceHash::md5;
  case pdb::SourceHash::sha1:
    return facts::SourceHash::sha1;
  case pdb::SourceHash::sha256:
    return facts::SourceHash::sha256;
  case pdb::SourceHash::unknown:
    break;
  }
  return facts::SourceHash::unknown;
}

facts::PdbObjectFacts object_facts(const pdb::Pdb &pdb, const pdb::Compiland &compiland, const Frames &frames) {
  const pdb::Switches switches = pdb::read_switches(compiland.command_line);
  facts::PdbObjectFacts out;
  out.name = object_name(compiland);
  out.compiler = compiland.compiler;
  out.microsoft = compiland.compiler.starts_with("Microsoft");
  // Clang writes a version of Microsoft's that it is compatible with in front, and its own behind.
  out.compiler_version = compiland.backend_version;
  out.functions = frames.count;
  out.implements_cookie = frames.implements_cookie;
  out.security_checks = security_checks(compiland, out.microsoft, switches, frames);
  out.sdl = out.microsoft ? std::optional(compiland.sdl) : std::nullopt;
  out.spectre_mitigation = switches.spectre_mitigation;
  out.warning_level = switches.warning_level;
  for (const std::uint32_t file : compiland.files)
    out.sources.push_back({pdb.files()[file].path, source_hash(pdb.files()[file].hash)});
  return out;
}

bool is_code_of_c(const pdb::Compiland &compiland) {
  return compiland.described && !compiland.managed &&
         (compiland.language == pdb::Language::c || compiland.language == pdb::Language::cpp);
}

} // namespace

facts::PdbFacts build_pdb_facts(const pdb::Pdb &pdb, const image::Image &image, std::string path) {
  facts::PdbFacts out;
  out.path = std::move(path);
  out.stripped = pdb.stripped();
  out.source_link = pdb.source_link();
  const std::vector<Frames> frames = frames_of(pdb);
  std::vector<const facts::PdbObjectFacts *> object_of(frames.size(), nullptr);
  out.objects.reserve(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (is_code_of_c(pdb.compilands()[i])) {
      out.objects.push_back(object_facts(pdb, pdb.compilands()[i], frames[i]));
      object_of[i] = &out.objects.back();
    }
  for (const pdb::Function &function : pdb.functions()) {
    const facts::PdbObjectFacts *object = object_of[function.compiland];
    if (function.safe_buffers && object && object->security_checks.value_or(false) && !object->implements_cookie)
      out.safe_buffers.push_back({function.name, function.rva, object->name, pdb.source_at(function.rva)});
  }
  out.cookie = cookie_facts(pdb, image);
  for (const Error &diagnostic : pdb.diagnostics()) {
    out.damage = diagnostic.what;
    break;
  }
  return out;
}

} // namespace ringfence::facts_build
