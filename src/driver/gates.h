// Checks of the caller that decide: those whose answer the paths that succeed have in common. A check that is called
// and whose answer changes nothing is no gate; of alternatives any one lets the caller pass.
#pragma once

#include "world.h"

#include <set>
#include <string>
#include <vector>

namespace ringfence::driver {

class GateTally {
public:
  /// Adds a path that did what the caller asked, with what then holds on it. Paths that fail need not be added: they
  /// let nobody pass.
  void add_success(World &world, const symbolic::State &state, const symbolic::PathFacts &facts);
  /// The checks that a caller has to pass, sorted: "SeTokenIsAdmin", "SeSinglePrivilegeCheck(SeDebugPrivilege)", or
  /// alternatives "A or B". Paths that skip all checks because of the machine's state (a registry value, a flag) do not
  /// count beside those that make them.
  std::vector<std::string> deciding() const;

private:
  /// The answer with which a path went on.
  enum class Answer : std::uint8_t { no, yes, compared };
  using Passed = std::set<std::pair<std::string, Answer>>;
  static Passed passed_on(World &world, const symbolic::State &state, const symbolic::PathFacts &facts);

  std::set<Passed> paths_;
  bool skipped_by_state_ = false, skipped_ = false;
};

} // namespace ringfence::driver
