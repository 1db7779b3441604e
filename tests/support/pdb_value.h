// What a program database would say, from a description: fixtures of the rules that need one are written as text, since
// no tool at hand produces the records of every compiler.
//
//   machine = "x64" | "x86" | "arm64" (x64)
//   stripped, source_link = bool          damage = ["reason"]
//   [[objects]] module = "C:\\src\\a.obj", library, language = "c" | "cpp" | "assembler" | "linker" | "other" (c),
//               compiler = "Microsoft (R) Optimizing Compiler" (that), version = [19, 38, 33130, 0] (that), described =
//               bool (true), gs, sdl, managed = bool, command_line = "..", sources = [{path, hash = "none" | "md5" |
//               "sha1" | "sha256" | "unknown"}], functions = [{name, rva, size, frame = bool (true), checks,
//               safe_buffers, global = bool, line = integer}]
//   [[publics]] name, rva, function = bool (true)
// Every unknown key is an error.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/value.h>
#include <ringfence/pdb/pdb.h>

namespace ringfence::pdb_value {

/// The contents that `description` (an object with the keys above) asks for; an error names the wrong key.
Result<pdb::Contents> describe(const Value &description);

} // namespace ringfence::pdb_value
