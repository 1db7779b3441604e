// What a caller can make the driver do: privileged operations whose dangerous argument carries the caller's bytes, with
// the set of values that the checks on the way admit. Observes the paths of one control code.
#pragma once

#include "world.h"

#include <ringfence/driver/driver.h>

#include <map>
#include <tuple>

namespace ringfence::driver {

class PrimitiveObserver : public Observer {
public:
  /// Forgets everything: the next paths belong to another code.
  void begin() { sinks_.clear(), accesses_.clear(); }
  /// The primitives of the paths seen since begin(), by place.
  std::vector<Primitive> take(World &world);

  void import_called(World &world, symbolic::State &state, const ImportCall &call) override;
  void sys(World &world, symbolic::State &state, ir::SysOp op, ir::Width width, std::span<const symbolic::Expr> inputs, std::uint64_t pc) override;
  void port_string(World &world, symbolic::State &state, ir::BulkOp op, symbolic::Expr memory, symbolic::Expr port, symbolic::Expr count,
                   ir::Width width, std::uint64_t pc) override;
  void access(World &world, symbolic::State &state, const symbolic::Access &access) override;
  void indirect_call(World &world, symbolic::State &state, symbolic::Expr target, std::uint64_t pc) override;

private:
  struct Sink {
    std::string argument;
    bool constrained = true; ///< on every path so far
    bool mapping = false;    ///< of physical memory: what is done with it decides the kind
    unsigned bits = 0;
    std::vector<symbolic::Range> admitted;
  };
  struct Touched {
    bool read = false, written = false;
  };
  void add(World &world, symbolic::State &state, std::string_view kind, std::string argument, symbolic::Expr value, unsigned bits, std::uint64_t pc, bool mapping);
  void add_model_sinks(World &world, symbolic::State &state, const kernel::Api &api, std::uint64_t pc);
  void port(World &world, symbolic::State &state, bool write, symbolic::Expr port, std::uint64_t pc);

  std::map<std::pair<std::uint64_t, std::string>, Sink> sinks_; ///< by place and kind
  std::map<std::uint64_t, Touched> accesses_;                   ///< by the place of the mapping
};

} // namespace ringfence::driver
