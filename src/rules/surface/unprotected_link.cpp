// Symbolic link that every user can replace: see docs/rules/surface/unprotected-link.md.

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_unprotected_link(const facts::Facts &facts, Sink &sink) {
  if (facts.surface->unprotected_links.empty())
    return sink.pass("no symbolic link is created with IoCreateUnprotectedSymbolicLink");
  for (const facts::LinkFacts &link : facts.surface->unprotected_links)
    sink.fail("the symbolic link " + (link.name.empty() ? std::string("(name not recovered)") : printable(link.name)) +
                  " is created with IoCreateUnprotectedSymbolicLink: any user can delete it and put another target in "
                  "its place",
              {.anchor = link.name.empty() ? "link" : link.name, .location = {.rva = link.at}, .reach = "any-user"});
}

} // namespace ringfence::rules
