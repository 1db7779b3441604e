// Program: what control flow reaches in one image. Functions, their basic blocks and extents, edges, call sites,
// jump tables, thunks, and what could not be followed. An instruction is here only because control flow, or a pointer
// that the image itself declares (export, relocation, guard table, scope table), leads to it; never by sweeping bytes.
// All addresses are virtual addresses at the preferred image base. All lists are sorted by address unless stated
// otherwise, so that the same image gives the same Program.
#pragma once

#include <ringfence/base/strong.h>
#include <ringfence/code/block_cache.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringfence::code {

using FunctionId = Strong<struct FunctionTag, std::uint32_t>;
inline constexpr FunctionId kNoFunction{0xffffffff};
inline constexpr std::uint32_t kNoSymbol = 0xffffffff;

/// What first led to a function.
enum class Origin : std::uint8_t {
  entry_point,
  exported,
  tls_callback,
  guard_table, ///< Control Flow Guard function table
  safe_seh,    ///< SafeSEH table (x86)
  call_target,
  tail_call,         ///< a jump to it leaves another function
  code_pointer,      ///< its address is taken by an instruction
  data_pointer,      ///< a relocated pointer outside code holds its address
  exception_handler, ///< language handler of an unwind record
  exception_filter,  ///< filter or termination routine of a scope table
};
std::string_view name_of(Origin origin);

enum class FunctionKind : std::uint8_t {
  ordinary,
  import_thunk,   ///< one jump through the import address table: see Function::import_symbol
  jump_thunk,     ///< one direct jump (incremental linking): see Function::thunk_target
  guard_check,    ///< jump or return through the Control Flow Guard check pointer; target in the first register
  guard_dispatch, ///< jumps to the address in rax (x64), with or without a check
  retpoline,      ///< replaces its return address by a register's value and returns
};
std::string_view name_of(FunctionKind kind);

/// How a basic block ends.
enum class Ending : std::uint8_t {
  fall_through,
  jump,
  branch,
  table_jump,     ///< successors are the entries of a jump table
  call,           ///< and continues after it
  call_no_return, ///< control does not come back
  tail_call,      ///< a jump to another function's entry
  import_jump,    ///< a jump through the import address table
  indirect_jump,  ///< unresolved
  return_,
  trap,
  stop, ///< what follows could not be lifted: see Program::dead_ends()
};
std::string_view name_of(Ending ending);

/// Control flow of one ir::Block; the same index.
struct Flow {
  FunctionId function = kNoFunction; ///< the first that reached it
  std::uint32_t first_successor = 0; ///< in Program::successors
  std::uint32_t successor_count = 0;
  Ending ending = Ending::fall_through;
  bool handler_start = false; ///< an exception handler's block
};

struct Function {
  Va entry;
  Origin origin = Origin::call_target;
  FunctionKind kind = FunctionKind::ordinary;
  bool returns = false;                             ///< some path reaches a return (or leaves through a jump that may)
  bool shares_blocks = false;                       ///< some of its blocks belong to other functions too
  std::uint32_t import_symbol = kNoSymbol;          ///< of an import thunk: index in Imports::symbols
  Va thunk_target;                                  ///< of a jump thunk
  std::uint32_t first_block = 0, block_count = 0;   ///< range of Program::blocks_of
  std::uint32_t first_extent = 0, extent_count = 0; ///< range of Program::extents_of
  std::uint32_t instruction_count = 0;
};

/// A contiguous run of a function's blocks.
struct Extent {
  Va begin;
  Va end;
};

enum class CallKind : std::uint8_t {
  direct,
  import,         ///< through the import address table, a thunk to it, or a register that holds its entry
  indirect,       ///< any other computed target
  guard_dispatch, ///< checked indirect call: the target is in rax
  guard_check,    ///< only checks the address in ecx / rcx
};
std::string_view name_of(CallKind kind);

struct CallSite {
  Va at; ///< of the call (or tail jump) instruction
  FunctionId caller = kNoFunction;
  FunctionId callee = kNoFunction; ///< of a direct call to code of this image, thunks included
  CallKind kind = CallKind::direct;
  bool tail = false; ///< a jump
  bool returns = true;
  std::uint32_t import_symbol = kNoSymbol; ///< index in Imports::symbols
};

struct JumpTable {
  Va jump;  ///< the indirect jump
  Va table; ///< lowest address read for its targets; 0 when none was
  FunctionId function = kNoFunction;
  std::uint32_t first_target = 0; ///< in Program::table_targets; entries in index order, duplicates kept
  std::uint32_t target_count = 0;
  bool bounded = false; ///< a comparison bounds the index; otherwise the table's own contents did
};

/// Control flow that ends without an explanation.
struct DeadEnd {
  Va from; ///< the block that leads there, or the address of the pointer
  Va at;
  Refusal why = Refusal::none;
};

/// An indirect jump or call whose target stayed unknown.
struct Unresolved {
  Va at;
  FunctionId function = kNoFunction;
  bool call = false; ///< a call, or a jump through a pointer that is no table: a tail call
};

struct Statistics {
  std::uint32_t functions = 0;
  std::uint32_t blocks = 0;
  std::uint32_t instructions = 0;
  std::uint32_t unknown_instructions = 0;
  std::uint64_t code_bytes = 0; ///< of reached instructions
  std::uint32_t direct_calls = 0, import_calls = 0, indirect_calls = 0;
  std::uint32_t jump_tables = 0, unresolved_jumps = 0;
  bool truncated = false; ///< a cap on hostile input was reached
};

/// Everything about the flow of one image; built by discover().
class Program {
public:
  explicit Program(const image::Image &image) : cache_(image) {}

  const image::Image &image() const { return cache_.image(); }
  const ir::Body &body() const { return cache_.body(); }
  /// For on-demand blocks beyond what was discovered (they get no Flow).
  BlockCache &cache() { return cache_; }
  const BlockCache &cache() const { return cache_; }

  std::span<const Function> functions() const { return functions_; }
  const Function &function(FunctionId id) const { return functions_[id.value]; }
  /// The function that starts at `va`.
  std::optional<FunctionId> function_at(std::uint64_t va) const;
  /// The function that owns the instruction at `va`.
  std::optional<FunctionId> function_of(std::uint64_t va) const;
  /// Blocks of a function, ascending by address.
  std::span<const ir::BlockId> blocks_of(const Function &function) const {
    return std::span(function_blocks_).subspan(function.first_block, function.block_count);
  }
  std::span<const Extent> extents_of(const Function &function) const {
    return std::span(extents_).subspan(function.first_extent, function.extent_count);
  }
  /// Nothing for blocks lifted after the discovery.
  const Flow *flow_of(ir::BlockId id) const { return id.value < flow_.size() ? &flow_[id.value] : nullptr; }
  std::span<const ir::BlockId> successors_of(const Flow &flow) const {
    return std::span(successors_).subspan(flow.first_successor, flow.successor_count);
  }
  std::span<const CallSite> calls() const { return calls_; }
  const CallSite *call_at(std::uint64_t va) const;
  std::span<const JumpTable> jump_tables() const { return tables_; }
  std::span<const Va> targets_of(const JumpTable &table) const {
    return std::span(table_targets_).subspan(table.first_target, table.target_count);
  }
  const JumpTable *table_at(std::uint64_t va) const;
  std::span<const Unresolved> unresolved() const { return unresolved_; }
  std::span<const DeadEnd> dead_ends() const { return dead_ends_; }
  /// Addresses of reached instructions without semantics.
  std::span<const Va> unknown_instructions() const { return unknown_; }
  const Statistics &statistics() const { return statistics_; }
  /// Index in Imports::symbols of the import address table entry at `va`; kNoSymbol when there is none.
  std::uint32_t import_at(std::uint64_t va) const;

private:
  friend class Discovery;
  struct ImportSlot {
    std::uint64_t va = 0;
    std::uint32_t symbol = 0;
  };

  BlockCache cache_;
  std::vector<Function> functions_;
  std::vector<Flow> flow_;
  std::vector<ir::BlockId> function_blocks_;
  std::vector<Extent> extents_;
  std::vector<ir::BlockId> successors_;
  std::vector<CallSite> calls_;
  std::vector<JumpTable> tables_;
  std::vector<Va> table_targets_;
  std::vector<Unresolved> unresolved_;
  std::vector<DeadEnd> dead_ends_;
  std::vector<Va> unknown_;
  std::vector<ImportSlot> import_slots_;
  Statistics statistics_;
};

/// Where discover() begins.
enum class Seeds : std::uint8_t {
  code, ///< what the image declares (entry point, exports, callbacks, guard table), and addresses that code holds
  all,  ///< also addresses that relocated data holds
};

/// Follows control flow from the seeds. The image must outlive the Program. Gives an empty Program for a machine
/// without a lifter.
Program discover(const image::Image &image, Seeds seeds = Seeds::all);

} // namespace ringfence::code
