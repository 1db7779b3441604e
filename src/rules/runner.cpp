// The runner decides what a rule need not: whether it applies and whether what it reads could be read.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::rules {
namespace {

using finding::Finding;
using finding::Verdict;

bool machine_matches(std::string_view machines, std::string_view name) {
  if (machines.empty())
    return true;
  const auto names = split(machines, ',');
  return std::any_of(names.begin(), names.end(), [name](std::string_view one) { return trim(one) == name; });
}

template <class T> void add_unreadable(const facts::Part<T> &part, std::string &reason) {
  if (part.is_unreadable())
    reason += (reason.empty() ? "" : "; ") + part.why();
}

/// Why a part the rule needs could not be read; empty when all could.
std::string unreadable_parts(std::uint32_t needs, const facts::ImageFacts &image) {
  std::string reason;
  if (needs & need_imports)
    add_unreadable(image.imports, reason);
  if (needs & need_relocations)
    add_unreadable(image.relocations, reason);
  if (needs & need_load_config)
    add_unreadable(image.load_config, reason);
  if (needs & need_debug)
    add_unreadable(image.debug, reason);
  if (needs & need_version)
    add_unreadable(image.version, reason);
  if (needs & need_rich)
    add_unreadable(image.rich, reason);
  return reason;
}

/// What passes over a program database that was read in part has not passed.
void doubt_passes(const facts::PdbFacts &pdb, Sink &sink) {
  if (pdb.damage.empty())
    return;
  for (Finding &f : sink.findings())
    if (f.verdict == Verdict::pass) {
      f.verdict = Verdict::inconclusive;
      f.message = "a part of the PDB could not be read: " + pdb.damage;
    }
}

/// What passes, or does not apply, over a surface of which a route is missing has not been judged: the defect may be
/// there.
void doubt_surface(const facts::SurfaceFacts &surface, Sink &sink) {
  if (surface.missing.empty())
    return;
  const facts::MissingRoute &first = surface.missing.front();
  std::string why = first.what + ": " + first.why;
  if (surface.missing.size() > 1)
    why += "; and " + std::to_string(surface.missing.size() - 1) + " more (see coverage)";
  for (Finding &f : sink.findings())
    if (f.verdict == Verdict::pass || f.verdict == Verdict::not_applicable) {
      f.verdict = Verdict::inconclusive;
      f.message = "not everything that the driver registers was followed: " + why;
    }
}

/// Runs the rule, or says in `sink` why it was not run.
void judge(const Rule &rule, const facts::Facts &facts, Sink &sink) {
  if (!facts.image)
    return sink.inconclusive("the image could not be read");
  const facts::ImageFacts &image = *facts.image;
  if (rule.kernel_only && !image.is_kernel_driver())
    return sink.not_applicable("applies to kernel-mode images; this image has subsystem " +
                               std::to_string(image.subsystem) + " and does not import the kernel");
  if (!machine_matches(rule.machines, image.machine_name))
    return sink.not_applicable("applies to " + std::string(rule.machines) + "; this image is for " +
                               image.machine_name);
  if ((rule.needs & need_pdb) && !facts.pdb)
    return sink.inconclusive("not assessed without a PDB");
  const std::string unreadable = unreadable_parts(rule.needs, image);
  if (!unreadable.empty())
    return sink.inconclusive(unreadable);
  if ((rule.needs & need_pdb) && facts.pdb->stripped)
    return sink.inconclusive("the PDB is stripped: it holds public symbols only");
  if ((rule.needs & (need_surface | need_routines)) && !facts.surface)
    return sink.inconclusive("the driver's code was not followed");
  rule.run(facts, sink);
  if (rule.needs & need_surface)
    doubt_surface(*facts.surface, sink);
  if (rule.needs & need_pdb)
    doubt_passes(*facts.pdb, sink);
  if (sink.findings().empty())
    sink.inconclusive("the rule gave no verdict");
}

} // namespace

void Sink::add(Verdict verdict, std::string message, Place place) {
  Finding f;
  f.verdict = verdict;
  f.message = std::move(message);
  f.anchor = std::move(place.anchor);
  f.location = std::move(place.location);
  findings_.push_back(std::move(f));
}

void Sink::fail(std::string message, Place place) {
  const finding::Severity at_most = place.at_most;
  std::string reach = std::move(place.reach), gives = std::move(place.gives), fix = std::move(place.fix);
  std::vector<finding::PathStep> path = std::move(place.path);
  add(Verdict::fail, std::move(message), std::move(place));
  Finding &f = findings_.back();
  f.severity = at_most;
  f.reach = std::move(reach);
  f.gives = std::move(gives);
  f.path = std::move(path);
  f.fix = std::move(fix);
}
void Sink::pass(std::string message) { add(Verdict::pass, std::move(message), {}); }
void Sink::not_applicable(std::string reason) { add(Verdict::not_applicable, std::move(reason), {}); }
void Sink::inconclusive(std::string reason) { add(Verdict::inconclusive, std::move(reason), {}); }

const Rule *find_rule(std::string_view id) {
  const auto rules = all_rules();
  const auto found = std::find_if(rules.begin(), rules.end(), [id](const Rule &r) { return r.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

const Rule *find_rule_of_kind(std::string_view kind) {
  for (const Rule &rule : all_rules())
    for (const std::string_view one : split(rule.kinds, ','))
      if (!kind.empty() && trim(one) == kind)
        return &rule;
  return nullptr;
}

void run_rule(const Rule &rule, const facts::Facts &facts, std::vector<Finding> &out) {
  Sink sink;
  judge(rule, facts, sink);
  for (Finding &f : sink.findings()) {
    f.rule = rule.id;
    f.title = rule.title;
    f.gated = rule.gate;
    if (f.verdict == Verdict::fail) {
      f.severity = std::min(f.severity, rule.severity);
      if (f.fix.empty())
        f.fix = rule.fix;
    }
    out.push_back(std::move(f));
  }
}

} // namespace ringfence::rules
