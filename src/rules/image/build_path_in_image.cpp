// Build machine's path in the image: see docs/rules/image/build-path-in-image.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {
namespace {

bool is_absolute(std::string_view path) {
  return path.starts_with("\\\\") || path.starts_with("/") ||
         (path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/'));
}

/// True for paths under a folder that Windows or another system names after a person.
bool in_user_profile(std::string_view path) {
  std::string lower = ascii_lower(path);
  for (char &c : lower)
    if (c == '/')
      c = '\\';
  for (const std::string_view folder : {"\\users\\", "\\documents and settings\\", "\\home\\"}) {
    const std::size_t at = lower.find(folder);
    if (at == 0 || (at == 2 && lower[1] == ':'))
      return true;
  }
  return false;
}

} // namespace

void run_build_path_in_image(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (!image.debug.present() || image.debug->pdb_path.empty())
    return sink.not_applicable("the image names no program database");
  const std::string &path = image.debug->pdb_path;
  if (in_user_profile(path))
    return sink.fail("the path of the program database lies in a user's profile: " + path, {.anchor = "user profile"});
  if (is_absolute(path))
    return sink.fail("the path of the program database is absolute: " + path, {.anchor = "absolute path"});
  sink.pass("the image names its program database without a directory of the build machine: " + path);
}

} // namespace ringfence::rules
