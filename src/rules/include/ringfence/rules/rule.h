// A rule: its page (the only metadata, compiled in), its function, and what it needs. The table is generated from
// docs/rules/**/*.md by tools/generate_rule_table.py; a page without a function does not link.
#pragma once

#include <ringfence/facts/facts.h>
#include <ringfence/finding/finding.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::rules {

/// Groups of facts a rule reads; the runner checks them before the rule runs.
enum Need : std::uint32_t {
  need_image = 1u << 0,
  need_imports = 1u << 1,
  need_relocations = 1u << 2,
  need_load_config = 1u << 3,
  need_debug = 1u << 4,
  need_version = 1u << 5,
  need_pdb = 1u << 6,
  need_rich = 1u << 7,
  need_surface = 1u << 8,  ///< what was recovered: nothing passes over a route that was not followed
  need_routines = 1u << 9, ///< imports and names resolved at run time
};

/// Where a rule's function says what it found. A rule that says nothing is reported as inconclusive.
class Sink {
public:
  /// What a failing place is about; `anchor` names it without addresses.
  struct Place {
    std::string anchor{};
    finding::Location location{};
    /// Lowers the severity of this finding below the rule's; a higher one has no effect.
    finding::Severity at_most = finding::Severity::critical;
    std::string reach{};                   ///< who can cause it; empty where nobody has to
    std::string gives{};                   ///< what it gives to them
    std::vector<finding::PathStep> path{}; ///< from an entry of the driver to the place
    std::string fix{};                     ///< for the case at hand; empty: the rule's
  };

  void fail(std::string message, Place place);
  void pass(std::string message);
  void not_applicable(std::string reason);
  void inconclusive(std::string reason);

  std::vector<finding::Finding> &findings() { return findings_; }

private:
  void add(finding::Verdict verdict, std::string message, Place place);
  std::vector<finding::Finding> findings_;
};

struct Rule {
  std::string_view id, group, title, fix;
  std::string_view checklist; ///< item numbers of the driver security checklist, "6" or "5, 6"
  finding::Severity severity = finding::Severity::note;
  std::string_view cwe, also, precision; ///< `also`: numbers under which other tools know the rule
  std::string_view machines;             ///< "x64, arm64"; empty: every machine
  std::uint32_t needs = 0;
  bool kernel_only = true;  ///< does not apply to user-mode images
  bool gate = true;         ///< an inconclusive verdict fails the run
  std::string_view kinds{}; ///< kinds of privileged operations that the rule judges: "msr-read, msr-write"
  std::string_view page;    ///< the page's body, Markdown
  void (*run)(const facts::Facts &, Sink &) = nullptr;
};

/// Every rule, ordered by group and id.
std::span<const Rule> all_rules();
/// The rule with this id, or nullptr.
const Rule *find_rule(std::string_view id);

/// The rule that judges this kind of privileged operation ("msr-read"), or nullptr.
const Rule *find_rule_of_kind(std::string_view kind);

/// Runs `rule` over `facts`: unmet needs, wrong machine and user-mode images become verdicts here.
/// Appends at least one finding.
void run_rule(const Rule &rule, const facts::Facts &facts, std::vector<finding::Finding> &out);

} // namespace ringfence::rules
