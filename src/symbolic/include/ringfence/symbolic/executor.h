// The executor: follows paths through lifted code. What the code asks of the world around it (imports, privileged
// instructions, memory that is no object of the analysis) goes to a Host; what was not followed is said as a Gap.
// Deterministic: fuel is counted in instructions. Paths that have gone round their loops fewer times come first, among
// those the youngest, the taken side of a branch later: every operation of a loop's body is reached before any second
// round.
#pragma once

#include <ringfence/ir/body.h>
#include <ringfence/symbolic/state.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ringfence::symbolic {

/// Where code comes from. Addresses are virtual addresses of the analysed machine.
class CodeSource {
public:
  virtual ~CodeSource() = default;
  virtual const ir::Body &body() const = 0;
  /// The basic block at `address`; null when there is no code.
  virtual const ir::Block *block_at(std::uint64_t address) = 0;
  /// The bytes of arguments that the routine at an address removes from the stack when it returns.
  virtual unsigned popped_by(std::uint64_t /*routine*/) { return 0; }
};

enum class PathEnd : std::uint8_t {
  returned, ///< the entry function returned
  stopped,  ///< the host ended it
  trapped,  ///< a trap instruction, a division by zero that is certain
  no_code,  ///< control left the code
  no_fuel,
  infeasible, ///< its conditions contradict each other
};

/// Something reachable that was not followed.
struct Gap {
  enum class What : std::uint8_t {
    unresolved_jump,
    unresolved_call,
    unknown_instruction,
    loop_bounded,
    too_many_paths,
    fuel,
    depth,
    call_given_up
  };
  What what = What::fuel;
  std::uint64_t address = 0;
  friend auto operator<=>(const Gap &, const Gap &) = default;
};
const char *name_of(Gap::What what);

/// A memory access that a host may judge: behind a symbolic pointer, to mapped physical memory, to the caller's
/// buffers, a write into an allocation, a write at an offset that is not known, and every bulk access.
struct Access {
  std::uint64_t pc = 0;
  Expr address;
  unsigned bytes = 0;        ///< of one element
  std::optional<Expr> count; ///< elements of a bulk access
  bool write = false;
  Expr value;      ///< written value; Expr(0) for reads and bulk accesses
  ObjectId object; ///< the object behind the pointer
  Expr offset;     ///< in it, pointer-sized
  Expr other;      ///< of a copy: the other address; else Expr(0)
};

/// A store that a loop repeats at places equally far apart, in a round that no path has gone (loops.cpp).
struct RepeatedStore {
  std::uint64_t pc = 0;
  unsigned bytes = 0;
  ObjectId object;
  std::uint64_t first = 0, stride = 0; ///< offset in the object at no more rounds, and what each adds
  Expr rounds; ///< how many rounds more than the path has gone; the conditions of the round's state bound it
};

class Executor;

/// What a path meets that is not code of the driver. Every member function may change the state.
class Host {
public:
  enum class CallResult : std::uint8_t {
    enter,    ///< not an outside function: follow the code at the target
    returned, ///< handled; the state continues after the call (see Executor::return_from_call)
    end,      ///< the path ends here
  };
  virtual ~Host() = default;
  /// A call (`is_call`) or jump to a constant address, the return address on top of the stack or in the link register.
  virtual CallResult call(Executor &executor, State &state, std::uint64_t target, std::uint64_t pc, bool is_call) = 0;
  /// A call to an address that is not constant. The state continues after the call when this returns true.
  virtual bool indirect_call(Executor &executor, State &state, Expr target, std::uint64_t pc) = 0;
  /// A privileged operation; returns its result at `bits` (Expr(0) where it has none).
  virtual Expr sys(Executor &executor, State &state, ir::SysOp op, ir::Width width, std::span<const Expr> inputs,
                   unsigned bits, std::uint64_t pc) = 0;
  /// A string instruction that reads or writes ports: not a memory access of interest by itself.
  virtual void port_string(Executor &executor, State &state, ir::BulkOp op, Expr memory, Expr port, Expr count,
                           ir::Width width, std::uint64_t pc) = 0;
  virtual void access(Executor &executor, State &state, const Access &access) = 0;
  /// False when nobody asks what a loop may do. Else, from a call with true to the one with false, nothing happens on
  /// any path: nobody is to be told of it.
  virtual bool rehearse(bool /*begins*/) { return false; }
  /// What `path` would do if it stayed in its loop; `round` is the state in the round of the store.
  virtual void repeated(Executor &, State & /*path*/, const State & /*round*/, const RepeatedStore &) {}
  /// Every read of at most 16 bytes outside of stacks, before it takes place.
  virtual void reads(State &, ObjectId, std::uint64_t /*offset*/, unsigned /*bytes*/) {}
  /// The same at an offset that is not constant; what is assumed of it counts for the read.
  virtual void reads_somewhere(State &, ObjectId, Expr /*offset*/, unsigned /*bytes*/) {}
  /// A fork: `state` is one side, its condition already assumed. False drops it (the host took a copy, or does not want
  /// it).
  virtual bool keep(Executor &executor, State &state) = 0;
  virtual void finished(Executor &executor, State &state, PathEnd end) = 0;
};

struct Limits {
  std::uint64_t instructions = 200'000; ///< of all paths of one run since a block was seen for the first time
  std::uint64_t most = 0;               ///< in all; 0: `instructions`
  std::uint32_t paths = 4'000;          ///< that one run ends without having seen a new block
  std::uint32_t branch_repeats = 3;     ///< undecided passes of one branch in one direction at one depth
  std::uint32_t call_depth = 48;
  std::uint32_t recursion = 3;        ///< calls of one routine that a path is in before a further one is given up
  std::uint32_t paths_of_call = 24;   ///< that return from one call without having seen a new block in it
  std::uint32_t waiting = 256;        ///< paths that wait at once, of those that have gone round equally often
  bool turns = false;                 ///< of known blocks only, every other path is the one that has waited longest
  std::uint32_t names_of_call = 2;    ///< texts that one call chooses without doing anything else
  std::uint32_t names_of_routine = 8; ///< after so many of them, one for each further call
  bool fewer_rounds_first = true;     ///< false: a path goes round its loops before others have their turn
  std::uint32_t loop_passes = 4'096;  ///< through one block that jumps to itself
  std::uint32_t jump_targets = 4'096; ///< values tried for one computed jump
};

class Executor {
public:
  Executor(ir::Architecture architecture, ExprPool &pool, ObjectTable &objects, CodeSource &code, Host &host);

  /// Follows all paths from `start` until they end or a limit is reached.
  void run(State start, const Limits &limits);
  /// From now on the running exploration has `most` instructions in all, if it had more.
  void limit(std::uint64_t most);
  /// Adds a path to the running exploration.
  void push(State state);

  /// A state with every register unknown, the stack pointer inside a new stack object, and a return address that
  /// ends the path.
  State initial_state();

  ExprPool &pool() { return pool_; }
  ObjectTable &objects() { return objects_; }
  ir::Architecture architecture() const { return architecture_; }
  unsigned pointer_bits() const { return architecture_ == ir::Architecture::x86 ? 32 : 64; }

  // For hosts.
  /// Memory at an address of any form. A read of an unknown place is reported to the host, too.
  Expr load(State &state, Expr address, unsigned bytes, std::uint64_t pc);
  void store(State &state, Expr address, Expr value, std::uint64_t pc);
  /// Where an address points; nothing when it is not within an object and no pointer can be told in it.
  struct Place {
    ObjectId object;
    Expr offset; ///< pointer-sized
    bool behind_pointer = false;
  };
  Place resolve(State &state, Expr address);
  /// Where the frame ends that holds a place in the path's stack: at the return address on x86, at the caller's frame
  /// on ARM64. No variable that begins at the place is longer. Nothing above the entry's frame.
  std::optional<std::uint64_t> frame_end(const State &state, ObjectId stack, std::uint64_t address) const;
  /// Ends an outside call: `result` goes to the result register, the return address is popped, and on x86 the
  /// `argument_bytes` that the callee removes from the stack.
  void return_from_call(State &state, Expr result, unsigned argument_bytes);
  /// The i-th pointer-sized argument of a call at its first instruction (Windows x64, stdcall and cdecl).
  Expr argument(State &state, unsigned index);
  /// `copy` bytes from one address to another as far as the length is known; else what may be written is unknown.
  void copy(State &state, Expr to, Expr from, Expr length, std::uint64_t pc);
  void fill(State &state, Expr to, Expr value, Expr length, std::uint64_t pc);

  /// Makes [from, to) of an object unknown, with these labels. In the stack no further than to the end of the frame
  /// that holds `from`: a path on which the return address is lost ends, and shows nothing of what follows.
  void forget(State &state, ObjectId object, std::uint64_t from, std::uint64_t to, std::uint32_t labels);

  /// Things not followed, sorted, without duplicates.
  std::vector<Gap> gaps() const;
  /// The labels of conditions that would have kept a path in its loop, had it not gone round as often as it may, since
  /// the last time this was asked.
  std::uint32_t take_bounded_by() { return std::exchange(bounded_by_, 0); }
  void add_gap(Gap::What what, std::uint64_t address);
  /// Puts others in their place and returns those so far.
  std::vector<Gap> exchange_gaps(std::vector<Gap> gaps) { return std::exchange(gaps_, std::move(gaps)); }
  std::uint64_t instructions_used() const { return used_; }
  /// More rounds of a loop than these are not thought of: no place that is reached wraps.
  std::uint64_t most_rounds() const { return pointer_bits() == 32 ? 0x10000 : 0x100000; }

  /// Addresses of the blocks that lead to `trace`, oldest first.
  std::vector<std::uint64_t> trace_of(std::uint32_t trace) const;
  /// The last of them; 0 when there is none.
  std::uint64_t last_block(std::uint32_t trace) const;
  /// The trace without its last step, a block or a branch. Paths that fork share what lies before.
  std::uint32_t before(std::uint32_t trace) const { return trace_[trace].previous; }
  /// A branch that the path took without its values deciding it.
  struct Check {
    std::uint64_t address = 0; ///< of the branch
    Expr condition;            ///< true on the path
  };
  /// Those that lead to `trace`, oldest first.
  std::vector<Check> checks_of(std::uint32_t trace) const;

private:
  struct Temporary {
    Expr value;
    std::array<Expr, 4> word{}; ///< 256-bit results, 64 bits each
  };
  struct TraceNode {
    std::uint32_t previous = 0;
    Expr condition{}; ///< of a branch; Expr(0): the node is a block
    std::uint64_t address = 0;
  };
  enum class Flow : std::uint8_t { next, moved, ended };

  /// The next path: of those with the fewest rounds the youngest; when no new block was seen for a quarter of the fuel,
  /// one that goes on in a block that no path has seen. Nothing when none is left.
  std::unique_ptr<State> take_pending();
  Flow execute_block(State &state, const ir::Block &block);
  Flow execute(State &state, const ir::Block &block, const ir::Instruction &instruction);
  Flow control(State &state, const ir::Op &op, const ir::Block &block, const ir::Instruction &instruction);
  Flow branch(State &state, const ir::Op &op, const ir::Block &block, std::uint64_t pc);
  Flow go_to(State &state, Expr target, std::uint64_t pc, bool is_call);
  bool is_refuted(State &state, Expr leaf, std::uint64_t value);
  Flow jump_table(State &state, Expr target, std::uint64_t pc, std::optional<std::uint64_t> return_address);
  Flow enter_call(State &state, std::uint64_t target, std::uint64_t return_address, std::uint64_t pc);
  void finish(State &state, PathEnd end);
  void leave_loop(State &state, const ir::Block &block);
  void give_up(const Frame &frame);
  void give_up_unreturned(const State &state);
  bool charge_calls(State &state, std::uint64_t instructions);
  bool is_name(const State &state, const CallRecord &record) const;
  bool take_name(std::uint64_t function, CallRecord &record);
  static bool is_given_up(const State &state);
  void forget_stores(State &after, std::size_t first, std::uint64_t stack);
  void return_through(State &state, const Frame &frame);
  void note_block(State &state);
  /// A path that alone needs long for known blocks (a loop over a table) has four times the fuel.
  bool is_fuel_spent() const { return used_ >= alone_until_ || (used_ >= stop_at_ && path_ended_); }

  /// One more round of a loop on a copy of the path that is in it.
  struct Rehearsal {
    std::vector<std::uint64_t> blocks;
    State *path = nullptr;
    std::size_t frames = 0;   ///< of the path
    std::uint64_t next = 0;   ///< block that follows the one in execution
    std::uint32_t labels = 0; ///< of the branches on the way
    Expr rounds{};            ///< Expr(0): the rounds are still counted
    bool tells = false;       ///< the host is told of repeated stores
  };
  std::vector<std::uint64_t> last_round(const State &state) const;
  bool follow_round(State &state, std::size_t first);
  Flow rehearse_branch(State &state, Expr condition, std::uint64_t taken, std::uint64_t otherwise);
  bool bound_rounds(State &state, Expr condition);
  Expr after_rounds(Expr before, Expr after);
  State some_rounds_after(const State &one, const State &two);
  bool note_repeated(State &state, Expr address, unsigned bytes, std::uint64_t pc);
  void rehearse_loop(State &path);

  Expr operand(const ir::Op &op, std::uint8_t index, unsigned bits);
  void compute(State &state, const ir::Op &op, std::size_t index, std::uint64_t pc);
  void indexed_register(State &state, const ir::Op &op, Temporary &out);
  void floating_point(const ir::Op &op, std::size_t index);
  Expr arithmetic(const ir::Op &op);
  Expr wide_arithmetic(const ir::Op &op, Expr a, Expr b);
  Expr condition_of(const FlagsValue &flags, ir::Condition condition);
  Expr flag_bit(const FlagsValue &flags, unsigned bit);
  void flags_operation(State &state, const ir::Op &op, std::size_t index);
  void bulk(State &state, const ir::Op &op, std::size_t index, std::uint64_t pc);
  void system(State &state, const ir::Op &op, std::size_t index, std::uint64_t pc);
  bool is_watched(const Place &place, bool write) const;
  static bool is_watched(ObjectKind kind, bool write);
  std::optional<ObjectId> plain_object(Expr address, bool write) const;
  Expr unknown(unsigned bits, const char *name);
  std::optional<Expr> leaf_of(const State &state, Expr target) const;
  std::optional<std::uint64_t> evaluate(State &state, Expr e, Expr leaf, std::uint64_t value);

  ir::Architecture architecture_;
  ExprPool &pool_;
  ObjectTable &objects_;
  CodeSource &code_;
  Host &host_;
  Limits limits_;
  /// Paths that wait, oldest first. `ips` says where each goes on; `seen_block` where a path is known to have been.
  static constexpr std::uint64_t seen_block = ~std::uint64_t{0};
  struct Waiting {
    std::vector<std::unique_ptr<State>> states;
    std::vector<std::uint64_t> ips;
    std::size_t known = 0; ///< the oldest so many go on where a path is known to have been
  };
  static std::unique_ptr<State> take(Waiting &waiting, std::size_t which);
  void drop_surplus();
  void push(std::unique_ptr<State> state);
  std::vector<Waiting> pending_; ///< by rounds
  AppendOnly<TraceNode> trace_;
  std::vector<Gap> gaps_;
  std::uint32_t bounded_by_ = 0;
  std::uint64_t alone_until_ = 0;
  unsigned turn_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> names_; ///< by routine: the texts that it chose in this run
  bool path_ended_ = false;                                ///< since a block was seen for the first time
  std::uint64_t used_ = 0;
  std::uint64_t began_at_ = 0, stop_at_ = 0, never_after_ = 0; ///< fuel of the run, in terms of used_
  std::uint32_t ended_ = 0;
  std::unordered_set<std::uint64_t> seen_;      ///< blocks of the run
  std::unordered_set<std::uint64_t> rehearsed_; ///< branches of loops, of the run
  Rehearsal *rehearsal_ = nullptr;              ///< the one that goes on
  /// Where paths have stored inside calls: what a call that is given up may have left.
  struct Store {
    ObjectId object;
    std::uint32_t bytes = 0;
    std::uint64_t offset = 0;
    auto operator<=>(const Store &) const = default;
  };
  std::vector<Store> stores_;
  std::vector<Temporary> temporary_;
  std::vector<FlagsValue> temporary_flags_;
};

/// The address that ends a path when the entry function returns to it.
inline constexpr std::uint64_t kReturnAddress64 = 0xffffde00'00001000;
inline constexpr std::uint64_t kReturnAddress32 = 0xde001000;

} // namespace ringfence::symbolic
