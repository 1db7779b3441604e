// What a caller can make the driver do: privileged operations whose dangerous argument carries the caller's bytes, with
// the set of values that the checks on the way admit (constraint.h). Observes the paths of one control code or route.
// Which operand of which operation is dangerous stands in sinks.cpp.
#pragma once

#include "argument_paths.h"
#include "constraint.h"
#include "world.h"

#include <ringfence/driver/driver.h>

#include <map>
#include <tuple>

namespace ringfence::driver {

/// True for the name of the section that is all of physical memory; names of objects are compared without case.
bool names_physical_memory(std::string_view name);

/// The one among `known` at the same place that says as much; null when there is none.
const Primitive *same_among(std::span<const Primitive> known, const Primitive &primitive);

class PrimitiveObserver : public Observer {
public:
  /// Forgets everything: the next paths belong to another code.
  void begin(const Request &request);
  /// The primitives of the paths seen since begin(), by place. Those that `known` has already are not solved.
  std::vector<Primitive> take(World &world, const Request &request, std::span<const Primitive> known = {});

  void import_called(World &world, symbolic::State &state, const ImportCall &call) override;
  void sys(World &world, symbolic::State &state, ir::SysOp op, ir::Width width, std::span<const symbolic::Expr> inputs,
           std::uint64_t pc) override;
  void port_string(World &world, symbolic::State &state, ir::BulkOp op, symbolic::Expr memory, symbolic::Expr port,
                   symbolic::Expr count, ir::Width width, std::uint64_t pc) override;
  void access(World &world, symbolic::State &state, const symbolic::Access &access) override;
  void indirect_call(World &world, symbolic::State &state, symbolic::Expr target, std::uint64_t pc) override;
  void finished(World &world, symbolic::State &state, symbolic::PathEnd end) override;

private:
  /// The dangerous operand of an operation.
  struct Operand {
    std::string name;
    symbolic::Expr value;
    symbolic::Expr size{};   ///< extent that begins there; Expr(0): none
    bool mapping = false;    ///< of physical memory: what is done with it decides the kind
    bool is_virtual = false; ///< the memory behind a virtual address
    bool recognised = false; ///< what lies there was compared with what an object of one type begins with
    symbolic::Expr rounds{}; ///< it is done so many times; Expr(0): once
  };
  struct Sink {
    std::string argument;
    AdmittedSet admitted; ///< of the paths without a window
    std::string base;
    std::string trap;
    ArgumentPaths paths;
    unsigned bits = 0, freedom = 0;
    bool mapping = false, is_virtual = false;
    bool window = false;      ///< some path has a window
    bool extent_free = false; ///< the start may be confined, the end is not
    bool kernel_only = true;  ///< every path is one for requests of the kernel
    bool reads = false;       ///< an operation only when the caller gets what is read
    bool seen_to_end = false, returned = false;
    std::uint32_t trace = 0;     ///< of the first path that reaches it
    std::vector<PathCall> calls; ///< that this path is in
  };
  struct Touched {
    bool read = false, written = false;
  };
  /// Accesses of one instruction that are judged: a loop through the caller's pointers says the same in every pass.
  static constexpr unsigned most_passes = 400;
  void add(World &world, symbolic::State &state, std::string_view kind, Operand operand, std::uint64_t pc);
  /// Tells a tracer of an operation that is none for the caller, and why.
  void pass_over(World &world, const symbolic::State &state, const OperationMet &met) const;
  /// What is done with a mapping decides its kind, whichever request made it.
  void mapped_access(World &world, symbolic::State &state, const symbolic::Access &access);
  void leaves_object(World &world, symbolic::State &state, const symbolic::Access &access, std::uint64_t size);
  /// Opening a process is an operation for the caller when he gets the handle: at once, or at the end of the path.
  void open_process(World &world, symbolic::State &state, const kernel::Api &api, symbolic::Expr choice,
                    std::uint64_t pc);
  void add_opened_handles(World &world, symbolic::State &state);
  /// Marks an operation that reads: it counts when something with these labels gets out of the request.
  void expect_return(World &world, symbolic::State &state, std::string_view kind, std::uint64_t pc,
                     std::uint32_t labels, const symbolic::Access *access = nullptr);
  static constexpr unsigned enough_to_recognise = 24; ///< bits
  static unsigned recognised_bits(const symbolic::ExprPool &pool, const symbolic::State &state,
                                  symbolic::ArrayId content, std::uint64_t from = 0,
                                  std::uint64_t to = ~std::uint64_t{0});
  void check_returns(World &world, symbolic::State &state);
  void port(World &world, symbolic::State &state, bool write, symbolic::Expr port, std::uint64_t pc,
            symbolic::Expr rounds = {});
  void raw_disk(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                std::uint64_t pc);
  void add_config_request(World &world, symbolic::State &state, symbolic::Expr irp, std::uint64_t pc);
  void add_pci(World &world, symbolic::State &state, bool write, Operand operand, symbolic::Expr place,
               std::uint64_t pc);
  void add_model_sinks(World &world, symbolic::State &state, const kernel::Api &api, std::uint64_t pc);
  void add_sink(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                std::uint64_t pc);
  void add_pci_call(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                    std::uint64_t pc);
  void add_user_mapping(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                        std::uint64_t pc);
  void note_checks(World &world, symbolic::State &state, const kernel::Api &api, std::uint64_t pc);
  Primitive describe(World &world, const std::string &kind, std::uint64_t pc, const Sink &sink) const;

  std::map<std::pair<std::uint64_t, std::string>, Sink> sinks_; ///< by place and kind
  std::map<std::uint64_t, Touched> accesses_;                   ///< by the place of the mapping
  std::map<std::uint64_t, unsigned> passes_;                    ///< by instruction
  symbolic::ObjectId first_object_;                             ///< objects before it are older than the request
  bool user_succeeds_ = false;                                  ///< some request of user mode succeeds
};

} // namespace ringfence::driver
