#include <ringfence/cli/files.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

struct CloseFile {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File open_file(const std::string &path, const char *mode) { return File(std::fopen(path.c_str(), mode)); }

Error io_error(const char *what, int number) {
  return {ErrorCode::io, 0, std::string(what) + ": " + std::strerror(number)};
}

bool is_driver_name(const fs::path &path) { return ascii_iends_with(path.filename().string(), ".sys"); }

void walk(const std::string &directory, std::vector<Candidate> &out) {
  std::error_code error;
  std::vector<Candidate> found;
  fs::recursive_directory_iterator it(directory, fs::directory_options::none, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (is_driver_name(it->path()) && !it->is_directory(ignored))
      found.push_back({it->path().generic_string(), {}});
  }
  std::sort(found.begin(), found.end(), [](const Candidate &a, const Candidate &b) { return a.path < b.path; });
  out.insert(out.end(), found.begin(), found.end());
  if (error)
    out.push_back({directory, "the directory could not be walked to its end: " + error.message()});
}

} // namespace

std::vector<Candidate> find_drivers(const std::vector<std::string> &paths) {
  std::vector<Candidate> out;
  for (const std::string &path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found)
      out.push_back({path, "no such file or directory"});
    else if (error)
      out.push_back({path, error.message()});
    else if (fs::is_directory(status))
      walk(path, out);
    else
      out.push_back({path, {}});
  }
  return out;
}

Result<std::vector<std::byte>> read_file(const std::string &path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    return Error{ErrorCode::not_found, 0, "no such file"};
  if (error)
    return Error{ErrorCode::io, 0, "the file could not be examined: " + error.message()};
  if (!fs::is_regular_file(status))
    return Error{ErrorCode::invalid, 0, "expected a regular file"};
  const std::uintmax_t size = fs::file_size(path, error);
  if (error)
    return Error{ErrorCode::io, 0, "the file's size could not be read: " + error.message()};
  if (size > maximum_file_size)
    return Error{ErrorCode::limit, 0,
                 "the file has " + std::to_string(size) + " bytes, more than the limit of " +
                     std::to_string(maximum_file_size) + " for a driver"};
  const File file = open_file(path, "rb");
  if (!file)
    return io_error("the file could not be opened", errno);
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  const std::size_t got = bytes.empty() ? 0 : std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (std::ferror(file.get()))
    return io_error("the file could not be read", errno);
  if (got < bytes.size())
    return Error{ErrorCode::io, got,
                 "the file became shorter while it was read: expected " + std::to_string(size) + " bytes, got " +
                     std::to_string(got)};
  return bytes;
}

Status write_file(const std::string &path, std::string_view text) {
  File file = open_file(path, "wb");
  if (!file)
    return io_error("the file could not be created", errno);
  const std::size_t written = std::fwrite(text.data(), 1, text.size(), file.get());
  if (written != text.size() || std::fclose(file.release()) != 0)
    return io_error("the file could not be written", errno);
  return {};
}

} // namespace ringfence::cli
