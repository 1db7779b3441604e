// Disk opened below the file system: see docs/rules/surface/raw-disk-opened.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

namespace {

/// A disk or a partition; a volume has the file system on top.
bool is_raw_disk(std::string_view name) {
  const std::string lower = ascii_lower(name);
  const bool partition = lower.find("\\device\\harddisk") != std::string::npos &&
                         lower.find("\\device\\harddiskvolume") == std::string::npos;
  return partition || lower.find("physicaldrive") != std::string::npos;
}

} // namespace

void run_raw_disk_opened(const facts::Facts &facts, Sink &sink) {
  std::vector<std::string> found;
  for (const std::string &name : facts.surface->opened_names)
    if (is_raw_disk(name))
      found.push_back(printable(name));
  if (found.empty())
    return sink.pass("no disk is opened by its name on the followed paths");
  std::sort(found.begin(), found.end());
  const facts::Reach reach = facts.surface->reach;
  const bool open = facts::is_unprivileged(reach) && !facts.surface->codes.empty();
  sink.fail("the driver opens " + enumeration(found) + ", where the file system checks nothing",
            {.anchor = "disk",
             .at_most = open ? finding::Severity::medium : finding::Severity::low,
             .reach = std::string(facts::name_of(reach))});
}

} // namespace ringfence::rules
