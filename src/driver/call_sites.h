// Calls of outside routines as the followed paths make them, with the constant arguments that a model marks for
// judgement (memory integrity, information classes, physical addresses). One record for each place and different
// arguments.
#pragma once

#include <ringfence/driver/driver.h>

#include <set>
#include <tuple>
#include <vector>

namespace ringfence::driver {

class CallSites {
public:
  /// Same place, routine and argument are kept once; nothing is added beyond a cap.
  void add(CallSite site) {
    constexpr std::size_t most = 8192;
    if (sites_.size() < most)
      sites_.insert(std::move(site));
  }
  /// By place, then routine and argument.
  std::vector<CallSite> take() const { return {sites_.begin(), sites_.end()}; }

private:
  struct Order {
    bool operator()(const CallSite &a, const CallSite &b) const {
      return std::tie(a.at, a.routine, a.kind, a.value, a.for_user) <
             std::tie(b.at, b.routine, b.kind, b.value, b.for_user);
    }
  };
  std::set<CallSite, Order> sites_;
};

} // namespace ringfence::driver
