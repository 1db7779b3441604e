// A program database: names, source lines, and how each object was compiled. Plain data; the reader behind it uses LLVM
// and is left out of a build without it. What a hostile file contradicts becomes a diagnostic, and the rest is still
// read. Invariant: functions, publics and lines are sorted by address, so that the same bytes give the same answers.
// Format: llvm.org/docs/PDB, and Microsoft's published microsoft-pdb sources.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::pdb {

/// Files above this size are refused: a driver's program database has a few megabytes.
inline constexpr std::uint64_t file_size_cap = 1u << 30;

/// What ties a program database to its image (the RSDS record of the image's debug directory).
struct Identity {
  std::array<std::uint8_t, 16> guid{}; ///< as stored: the first three fields little-endian
  std::uint32_t age = 0;               ///< of the DBI stream, which the linker also writes into the image
  friend bool operator==(const Identity &, const Identity &) = default;
};
/// "{3B0EF32A-69E5-D646-4C4C-44205044422E} age 1".
std::string to_string(const Identity &identity);

enum class SourceHash : std::uint8_t { none, md5, sha1, sha256, unknown };
std::string_view name_of(SourceHash kind);

/// CV_CFL_LANG as far as drivers use it; `other` covers the rest and a compiland that states none.
enum class Language : std::uint8_t { other, c, cpp, assembler, linker, resource, rust };
std::string_view name_of(Language language);

struct SourceFile {
  std::string path; ///< as the compiler wrote it; hostile text
  SourceHash hash = SourceHash::none;
};

/// One object file that was linked in.
struct Compiland {
  std::string module;     ///< object file, or "Import:ntoskrnl.exe", or "* Linker *"
  std::string library;    ///< the archive that the object came from; the object itself when from none
  bool described = false; ///< a compile record (S_COMPILE2, S_COMPILE3) was found; else the fields below are empty
  Language language = Language::other;
  std::string compiler;                            ///< version text of the compile record
  std::array<std::uint16_t, 4> frontend_version{}; ///< major, minor, build, QFE
  std::array<std::uint16_t, 4> backend_version{};
  bool security_checks = false;                              ///< CV_CFL: /GS. Only Microsoft's compiler sets it
  bool sdl = false;                                          ///< CV_CFL: /sdl. Only Microsoft's compiler sets it
  bool link_time_code = false;                               ///< CV_CFL: /GL
  bool managed = false;                                      ///< CV_CFL: holds managed code
  std::string working_directory, tool, source, command_line; ///< LF_BUILDINFO or S_ENVBLOCK; empty when not recorded
  std::vector<std::uint32_t> files;                          ///< indexes into Pdb::files()
};

struct Function {
  std::string name;
  Rva rva;
  std::uint32_t size = 0;       ///< bytes of code
  std::uint32_t compiland = 0;  ///< index into Pdb::compilands()
  bool global = false;          ///< S_GPROC32; false: static
  bool frame_described = false; ///< a S_FRAMEPROC record follows; else the flags below are unknown
  bool security_checks = false; ///< compiled under /GS and holds a cookie check
  bool safe_buffers = false;    ///< exempted from /GS: __declspec(safebuffers)
};

/// A symbol that the linker exports to the program database: no size, and C names are decorated as the object has them.
struct Public {
  std::string name;
  Rva rva;
  bool function = false;
};

/// From `rva` on, code stems from this line; a `line` of 0 ends a range.
struct Line {
  Rva rva;
  std::uint32_t file = 0; ///< index into Pdb::files()
  std::uint32_t line = 0;
};

struct Name {
  std::string_view name;
  std::uint32_t displacement = 0; ///< bytes from the symbol's start
};
struct SourceLine {
  std::string_view path;
  std::uint32_t line = 0;
};

/// Everything that was read, as the reader fills it.
struct Contents {
  Identity identity;
  std::uint16_t machine = 0; ///< IMAGE_FILE_MACHINE_*
  bool stripped = false;     ///< /PDBSTRIPPED: publics only
  bool source_link = false;  ///< a `sourcelink` stream
  std::vector<Compiland> compilands;
  std::vector<SourceFile> files;
  std::vector<Function> functions;
  std::vector<Public> publics;
  std::vector<Line> lines;
  std::vector<Error> diagnostics; ///< what could not be read; offsets count in the stream that `what` names
};

class Pdb {
public:
  /// Sorts the tables and resolves nothing else.
  explicit Pdb(Contents contents);

  const Identity &identity() const { return contents_.identity; }
  std::uint16_t machine() const { return contents_.machine; }
  bool stripped() const { return contents_.stripped; }
  bool source_link() const { return contents_.source_link; }
  std::span<const Compiland> compilands() const { return contents_.compilands; }
  std::span<const SourceFile> files() const { return contents_.files; }
  std::span<const Function> functions() const { return contents_.functions; }
  std::span<const Public> publics() const { return contents_.publics; }
  std::span<const Line> lines() const { return contents_.lines; }
  std::span<const Error> diagnostics() const { return contents_.diagnostics; }

  /// The function whose code holds `rva`, or nullptr.
  const Function *function_at(Rva rva) const;
  /// The function of that name, the first in address order, or nullptr. Names of statics can repeat.
  const Function *function_named(std::string_view name) const;
  /// The public symbol of that name, with or without the leading underscore of x86, or nullptr.
  const Public *public_named(std::string_view name) const;
  /// The function that holds `rva`, else the nearest public function at or below it within `public_reach` bytes.
  std::optional<Name> name_at(Rva rva) const;
  /// The source line of the instruction at `rva`.
  std::optional<SourceLine> line_at(Rva rva) const;
  /// The same as text, "file.c:12"; empty when it is not known.
  std::string source_at(Rva rva) const;

  /// Publics have no size: beyond this distance a name would mislead.
  static constexpr std::uint32_t public_reach = 0x1000;

private:
  Contents contents_;
};

/// True when this build can read program databases.
bool supported();

/// GUID and age alone, cheap and without LLVM: to find out whether a file beside a driver is the driver's.
Result<Identity> read_identity(Bytes file);

/// Reads a program database. An error when it is none, is not the 7.00 container, is larger than file_size_cap, or has
/// no readable module list; `unsupported` in a build without LLVM. Everything behind the module list that is broken
/// becomes a diagnostic.
Result<Pdb> load(Bytes file);

} // namespace ringfence::pdb
