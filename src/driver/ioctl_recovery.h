// Which control codes a dispatch routine distinguishes. The routine runs with a symbolic code; a path on which the code
// has become one value leaves the common run and continues on its own fuel. Values that the code was compared with
// without a branch (cmov, sete), and those of paths that leave only a few (tables of statuses), are tried one by one. A
// value is a code only when its paths do something that the paths of all other codes do not.
#pragma once

#include "commands.h"
#include "gates.h"
#include "persistent_state.h"
#include "request.h"
#include "route_observer.h"

#include <ringfence/driver/driver.h>

#include <array>
#include <bitset>
#include <map>
#include <memory>
#include <set>

namespace ringfence::driver {

class IoctlRecovery {
public:
  /// `boot`: the state that the requests were made on.
  IoctlRecovery(World &world, const Budget &budget, const symbolic::State &boot)
      : world_(world), budget_(budget), boot_(boot) {}

  /// Runs the request with a symbolic code; may be called for several requests.
  void run(Request request);
  /// Runs a request that has no control code and adds it under the name `route` (contract: "IRP_MJ_WRITE", ...) when
  /// some path does something for the caller; `shared` says that its handler also serves opens and closes.
  void run_route(Request request, std::string_view route, bool shared);
  /// The codes and routes found.
  std::vector<Ioctl> take() { return std::move(found_); }
  /// The same as sequences see them.
  std::vector<StatefulRoute> take_stateful() { return std::move(stateful_); }

private:
  /// Numbers of the executor's trace: dense where they occur at all.
  class TraceSet {
  public:
    bool contains(std::uint32_t trace) const {
      const std::size_t page = trace / page_size;
      return page < pages_.size() && pages_[page] && (*pages_[page])[trace % page_size];
    }
    /// False when it was there.
    bool insert(std::uint32_t trace) {
      const std::size_t page = trace / page_size;
      if (page >= pages_.size())
        pages_.resize(page + 1);
      if (!pages_[page])
        pages_[page] = std::make_unique<std::bitset<page_size>>();
      auto bit = (*pages_[page])[trace % page_size];
      const bool fresh = !bit;
      bit = true;
      return fresh;
    }

  private:
    static constexpr std::size_t page_size = 4096;
    std::vector<std::unique_ptr<std::bitset<page_size>>> pages_;
  };
  /// What all paths of one code, or of no particular code, did.
  struct Behaviour {
    Behaviour(std::string_view name, std::optional<std::uint32_t> code) : after(name, code) {}
    std::set<std::uint64_t> blocks;
    TraceSet walked;                               ///< traces whose blocks are among them
    std::array<std::uint64_t, 64> recent_blocks{}; ///< some that are among them: paths go round the same few
    std::set<std::uint64_t> statuses;              ///< completion statuses; ~0: not constant
    bool completes = false, forwards = false, pends = false;
    bool lost = false; ///< control left the code on some path, or fuel ran out on it: what it would answer is not known
    bool open = false; ///< some path returned and neither completed the request, sent it down nor marked it pending
    bool steered = false;             ///< it has operations that the caller steers
    std::set<std::uint32_t> examined; ///< branches on what the caller sent, of paths that failed
    std::optional<std::uint64_t> input_min, output_min;
    GateTally gates;
    std::uint64_t first_block = 0;
    CommandValues commands;
    bool deferred = false;
    CellReads reads;
    AfterStates after;
  };
  /// Adds a path; of its blocks those behind the trace `decided`, where its code became one value.
  void record(Behaviour &behaviour, const symbolic::State &state, symbolic::PathEnd end, std::uint32_t decided);
  void add_blocks(Behaviour &behaviour, std::uint32_t trace, std::uint32_t decided) const;
  std::optional<std::uint64_t> first_own_block(const Behaviour &behaviour, std::uint32_t trace) const;
  void add_success(Behaviour &behaviour, const symbolic::State &state, const symbolic::PathFacts &facts);
  /// Paths on which the code has become one value, by that value.
  using Parked = std::map<std::uint32_t, std::vector<symbolic::State>>;
  /// Who watches paths of a code: `usual`, and whoever explains this code.
  Observer *watched(RouteObserver &usual, std::optional<std::uint32_t> code);
  bool depends_on_table(const symbolic::State &state) const;
  Parked explore_dispatch();
  void try_values(Parked &parked);
  std::optional<std::uint64_t> default_target(const Parked &parked);
  void run_default_target(const symbolic::State &state);
  Behaviour run_code(std::uint32_t code, std::vector<symbolic::State> states);
  std::set<std::uint32_t> shared_values(const std::map<std::uint32_t, Behaviour> &behaviours) const;
  bool from_table(const symbolic::State &state);
  bool is_refused(const Behaviour &code) const;
  void find_refusal(const std::map<std::uint32_t, Behaviour> &behaviours);
  bool is_only_named(const Behaviour &code) const;
  bool acts(const Behaviour &code) const;
  bool differs(const Behaviour &code) const;
  Ioctl describe(std::uint32_t code, const Behaviour &behaviour) const;
  void add_default_route();
  void run_without_buffer(std::uint32_t code);

  World &world_;
  const Budget &budget_;
  Request request_;
  std::size_t first_expression_ = 0; ///< of the request's run
  std::set<std::uint32_t> narrow_;   ///< values of paths that end with a few
  std::map<std::uint32_t, std::vector<Primitive>> primitives_of_;
  RouteObserver primitives_;
  RouteObserver default_primitives_; ///< of the paths of no particular code
  Behaviour default_{{}, std::nullopt};
  std::set<std::uint64_t> refusal_; ///< blocks in which unknown codes are refused
  bool unresolved_check_ = false;   ///< the codes were found only with checks of the caller left out
  std::vector<Ioctl> found_;
  std::vector<StatefulRoute> stateful_;
  const symbolic::State &boot_;
};

} // namespace ringfence::driver
