// What is looked for on the paths of one control code or route: everything at once, by several observers.
#pragma once

#include "memory_safety.h"
#include "primitives.h"
#include "stale_blocks.h"

namespace ringfence::driver {

class RouteObserver : public Observer {
public:
  /// Forgets everything: the next paths are of `request`; `code` when it is one value.
  void begin(World &world, const Request &request, std::optional<std::uint32_t> code) {
    empty_ = false;
    privileged_.begin(request);
    memory_.begin(request, code);
    stale_.begin(world, request);
  }
  /// The same for paths that may still become one of several codes.
  void begin_common(World &world, const Request &request) {
    empty_ = false;
    privileged_.begin(request);
    memory_.begin_common(request);
    stale_.begin(world, request);
  }
  /// Takes over what was seen on a path before its control code became one value.
  void adopt(World &world, const symbolic::State &state) { memory_.adopt(world, state); }
  /// True when a use of a buffer was seen that a request without bytes may not have; begin_empty() looks for just that.
  bool may_miss_buffer() const { return memory_.may_miss_buffer(); }
  void begin_empty() {
    memory_.begin_empty();
    empty_ = true;
  }
  /// The primitives of the paths seen since begin(), by place. Those that `known` has already are not solved.
  std::vector<Primitive> take(World &world, const Request &request, std::span<const Primitive> known = {});

  void import_called(World &world, symbolic::State &state, const ImportCall &call) override {
    if (!empty_)
      privileged_.import_called(world, state, call);
    memory_.import_called(world, state, call);
    stale_.import_called(world, state, call);
  }
  void sys(World &world, symbolic::State &state, ir::SysOp op, ir::Width width, std::span<const symbolic::Expr> inputs,
           std::uint64_t pc) override {
    if (!empty_)
      privileged_.sys(world, state, op, width, inputs, pc);
  }
  void port_string(World &world, symbolic::State &state, ir::BulkOp op, symbolic::Expr memory, symbolic::Expr port,
                   symbolic::Expr count, ir::Width width, std::uint64_t pc) override {
    if (!empty_)
      privileged_.port_string(world, state, op, memory, port, count, width, pc);
  }
  void access(World &world, symbolic::State &state, const symbolic::Access &access) override {
    if (!empty_)
      privileged_.access(world, state, access);
    memory_.access(world, state, access);
    stale_.access(world, state, access);
  }
  void repeated(World &world, symbolic::State &path, const symbolic::State &round,
                const symbolic::RepeatedStore &store) override {
    memory_.repeated(world, path, round, store);
  }
  void indirect_call(World &world, symbolic::State &state, symbolic::Expr target, std::uint64_t pc) override {
    if (!empty_)
      privileged_.indirect_call(world, state, target, pc);
  }
  void finished(World &world, symbolic::State &state, symbolic::PathEnd end) override {
    if (!empty_)
      privileged_.finished(world, state, end);
  }

private:
  PrimitiveObserver privileged_;
  MemorySafetyObserver memory_;
  StaleBlocks stale_;
  bool empty_ = false;
};

} // namespace ringfence::driver
