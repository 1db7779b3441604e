// Watches the paths of one code or route for `check --trace`. It stands in front of the observer that finds things,
// hands everything on, and keeps what was met, how it was judged and where paths ended. Without a trace nobody makes
// one.
#pragma once

#include "request.h"
#include "world.h"

#include <ringfence/driver/trace.h>

#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace ringfence::driver {

class TraceObserver : public Observer {
public:
  explicit TraceObserver(TraceSubject subject) { trace_.subject = std::move(subject); }

  /// The observer to set for paths of `request` whose code is `code` (nothing: not one value yet): this one with
  /// `usual` behind it when they are what is asked for, else `usual` alone.
  Observer *around(Observer &usual, const Request &request, std::optional<std::uint32_t> code);
  /// The same for a route.
  Observer *around_route(Observer &usual, std::string_view route);
  /// What was seen, compared with what the discovery reports.
  Trace take(World &world, const Driver &driver);

  void import_called(World &world, symbolic::State &state, const ImportCall &call) override;
  void sys(World &world, symbolic::State &state, ir::SysOp op, ir::Width width, std::span<const symbolic::Expr> inputs,
           std::uint64_t pc) override {
    usual_->sys(world, state, op, width, inputs, pc);
  }
  void port_string(World &world, symbolic::State &state, ir::BulkOp op, symbolic::Expr memory, symbolic::Expr port,
                   symbolic::Expr count, ir::Width width, std::uint64_t pc) override {
    usual_->port_string(world, state, op, memory, port, count, width, pc);
  }
  void access(World &world, symbolic::State &state, const symbolic::Access &access) override;
  void repeated(World &world, symbolic::State &path, const symbolic::State &round,
                const symbolic::RepeatedStore &store) override {
    usual_->repeated(world, path, round, store);
  }
  void indirect_call(World &world, symbolic::State &state, symbolic::Expr target, std::uint64_t pc) override;
  void finished(World &world, symbolic::State &state, symbolic::PathEnd end) override;
  void operation_met(World &world, const symbolic::State &state, const OperationMet &met) override;
  void operation_dropped(World &world, std::string_view kind, std::uint64_t pc, std::string_view why) override;

private:
  using Key = std::tuple<std::uint64_t, std::string, std::string>; ///< place, kind, argument
  struct Seen {
    TracedOperation operation;
    bool chosen = false; ///< on some path the operand is the caller's
  };
  /// False on a path that the wanted code does not take.
  bool is_wanted(World &world, const symbolic::State &state);
  bool wants(const Request &request, std::optional<std::uint32_t> code) const;
  void explain(World &world, const symbolic::State &state, const OperationMet &met, Seen &seen) const;
  TracedEnd end_of(World &world, const symbolic::State &state, symbolic::PathEnd end) const;

  Trace trace_;
  Observer *usual_ = nullptr;
  symbolic::Expr code_{}; ///< Expr(0): all paths are wanted
  std::uint32_t wanted_ = 0;
  std::map<Key, Seen> seen_;
  std::map<std::pair<std::uint64_t, std::string>, std::string> dropped_;
  std::map<std::pair<std::uint64_t, std::string>, TracedCall> calls_;
  std::map<std::tuple<std::string, std::optional<std::uint32_t>, std::optional<Rva>>, TracedEnd> ends_;
  std::set<std::uint64_t> blocks_, entries_;
};

} // namespace ringfence::driver
