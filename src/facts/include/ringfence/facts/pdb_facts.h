// What a rule may know of a driver's program database: how each object was compiled, and which functions stand apart.
// A flag that the compiler does not record is absent, never guessed: a rule must say that it could not decide.
#pragma once

#include <ringfence/base/strong.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringfence::facts {

enum class SourceHash : std::uint8_t { none, md5, sha1, sha256, unknown };

struct PdbSourceFacts {
  std::string path;
  SourceHash hash = SourceHash::none;
};

/// An object file of C or C++ code. Import libraries, resources, assembler and the linker's own object are left out.
struct PdbObjectFacts {
  std::string name;       ///< file name without directories, "tick.obj", or "tick.obj (util.lib)"
  std::string compiler;   ///< as the compiler calls itself
  bool microsoft = false; ///< Microsoft's compiler; false: another one, which leaves other records
  std::array<std::uint16_t, 4> compiler_version{}; ///< of the part that makes the code: major, minor, build, QFE
  std::size_t functions = 0;                       ///< functions of the object that are in the image
  bool implements_cookie = false;         ///< defines the cookie check itself, which cannot be compiled under it
  std::optional<bool> security_checks;    ///< /GS
  std::optional<bool> sdl;                ///< /sdl
  std::optional<bool> spectre_mitigation; ///< /Qspectre
  std::optional<unsigned> warning_level;  ///< 0 (/w) to 4 (/W4), 5 (/Wall)
  std::vector<PdbSourceFacts> sources;
};

struct PdbFunctionFacts {
  std::string name;
  Rva rva;
  std::string object; ///< name of the object
  std::string source; ///< "tick.c:36", empty when no line is recorded
};

/// How the stack cookie gets its value at run time.
struct PdbCookieFacts {
  bool checked = false;        ///< a cookie check (__security_check_cookie) is linked in
  std::string initializer;     ///< the function that seeds the cookie; empty: none is linked in
  std::string entry;           ///< name of the function at the entry point; empty: unknown
  std::optional<bool> reached; ///< whether direct calls lead from the entry point to it; nothing when that is not known
};

struct PdbFacts {
  std::string path;      ///< of the program database, as the user gave it
  bool stripped = false; ///< public symbols only: nothing is known of objects
  bool source_link = false;
  std::vector<PdbObjectFacts> objects;        ///< in link order
  std::vector<PdbFunctionFacts> safe_buffers; ///< functions exempted from /GS, in objects compiled under it
  PdbCookieFacts cookie;
  std::string damage; ///< why a part of it could not be read; empty when all was
};

} // namespace ringfence::facts
