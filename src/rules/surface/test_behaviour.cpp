// Test behaviour in a driver for release: see docs/rules/surface/test-behaviour.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>
#include <array>

namespace ringfence::rules {

namespace {

constexpr std::uint32_t VS_FF_DEBUG = 1, VS_FF_PRERELEASE = 2, VS_FF_PRIVATEBUILD = 8;

/// A folder that build systems give to debug builds: MSBuild's Debug, the old kit's objchk.
bool is_debug_folder(std::string_view path) {
  std::string lower = ascii_lower(path);
  std::replace(lower.begin(), lower.end(), '/', '\\');
  return lower.find("\\debug\\") != std::string::npos || lower.find("\\objchk") != std::string::npos ||
         lower.find("\\x64\\debug") != std::string::npos;
}

/// Routines that stop the machine for a debugger, or change what the debugger may do.
bool is_for_tests(std::string_view routine) {
  constexpr std::array<std::string_view, 6> names = {"DbgBreakPoint",    "DbgBreakPointWithStatus", "KdDisableDebugger",
                                                     "KdEnableDebugger", "KdChangeOption",          "RtlAssert"};
  return std::find(names.begin(), names.end(), routine) != names.end();
}

} // namespace

void run_test_behaviour(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  bool failed = false;
  const auto fail = [&](std::string message, std::string anchor, finding::Severity at_most) {
    failed = true;
    sink.fail(std::move(message), {.anchor = std::move(anchor), .at_most = at_most});
  };
  if (image.version.present() &&
      (image.version->file_flags & (VS_FF_DEBUG | VS_FF_PRERELEASE | VS_FF_PRIVATEBUILD)) != 0) {
    const std::uint32_t flags = image.version->file_flags;
    fail("the version resource says " +
             std::string(flags & VS_FF_DEBUG        ? "debug build"
                         : flags & VS_FF_PRERELEASE ? "prerelease"
                                                    : "private build") +
             " (FILEFLAGS " + hex(flags) + ")",
         "FILEFLAGS", flags & VS_FF_DEBUG ? finding::Severity::medium : finding::Severity::low);
  }
  if (image.debug.present() && is_debug_folder(image.debug->pdb_path))
    fail("the program database lies in a folder for debug builds: " + printable(image.debug->pdb_path), "debug folder",
         finding::Severity::low);
  std::vector<std::string> routines;
  if (image.imports.present())
    for (const facts::ImportFacts &import : *image.imports)
      if (is_for_tests(import.name))
        routines.push_back(printable(import.name));
  if (!routines.empty())
    fail("the driver imports " + enumeration(routines) + ", which only tests need", "imports", finding::Severity::low);
  if (!failed)
    sink.pass("nothing in the image speaks of a test or debug build");
}

} // namespace ringfence::rules
