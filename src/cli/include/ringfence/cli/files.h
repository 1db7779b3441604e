// Files of the user: which paths of a command line are drivers, and their bytes.
#pragma once

#include <ringfence/base/result.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ringfence::cli {

/// A driver to audit, or a path about which only an error can be said.
struct Candidate {
  std::string path;
  std::string error;
};

/// Files stand for themselves; directories are walked (symbolic links to directories are not followed) for files
/// named *.sys. The order is the order of `paths`, and by name within a directory.
std::vector<Candidate> find_drivers(const std::vector<std::string> &paths);

/// The largest file that is read; larger ones are refused with ErrorCode::limit.
inline constexpr std::uint64_t maximum_file_size = 256u << 20;

/// All bytes of a regular file. Errors: not_found, io (with the system's reason), limit, invalid (not a regular file).
Result<std::vector<std::byte>> read_file(const std::string &path);

/// Writes `text` as the whole content of `path`.
Status write_file(const std::string &path, std::string_view text);

} // namespace ringfence::cli
