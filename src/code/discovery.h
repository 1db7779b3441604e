// The traversal behind discover(): a depth-first walk with an explicit stack. A callee is walked to its end before
// the code after its call, so that a callee that never returns leaves that code alone.
#pragma once

#include "address_map.h"
#include "path_values.h"

#include <ringfence/code/program.h>

namespace ringfence::code {

/// How a block was first reached from its parent.
enum class Step : std::uint8_t { start, fall_through, taken, jump, after_call, table, handler };

class Discovery {
public:
  explicit Discovery(Program &program);
  void run(Seeds seeds);

private:
  /// Work on the stack.
  struct Item {
    enum class Kind : std::uint8_t { visit, after_call, tail_done, close } kind = Kind::visit;
    Step step = Step::start;
    std::uint64_t va = 0;
    std::uint32_t function = 0;
    std::uint32_t parent = kNoBlock; ///< block that leads here
    std::uint32_t callee = 0;        ///< of after_call and tail_done
  };
  static constexpr std::uint32_t kNoBlock = 0xffffffff;
  /// The tree edge by which a block was reached; the same index as the block's.
  struct Trail {
    std::uint32_t parent = kNoBlock;
    std::uint32_t tail = kNoBlock; ///< the block was cut: its rest
    std::uint32_t function = kNoBlock;
    Step step = Step::start;
    Ending ending = Ending::fall_through;
    bool handler_start = false;
  };
  struct Walked {
    bool complete = false;
    bool may_return = false;
  };
  /// A RUNTIME_FUNCTION of x64.
  struct Range {
    std::uint64_t begin = 0, end = 0;
    std::uint32_t index = 0;   ///< in Unwind::functions
    std::uint64_t primary = 0; ///< begin of the owner; 0 until asked
    bool visited = false;
  };
  struct Candidate {
    std::uint64_t va = 0;
    std::uint64_t from = 0;
    Origin origin = Origin::code_pointer;
  };
  /// What a computed target turned out to be.
  struct Target {
    enum class Kind : std::uint8_t { unknown, constant, slot } kind = Kind::unknown;
    std::uint64_t va = 0;
  };

  // seeds.cpp
  void read_image();
  void seed_functions();
  void seed_data_pointers();
  bool relocated_within(std::uint64_t begin, std::uint64_t end) const;
  bool looks_like_scope_record(Rva pointer) const;
  void add_candidate(std::uint64_t va, std::uint64_t from, Origin origin);
  void accept_candidates();
  bool acceptable(const Candidate &candidate);
  bool plausible_start(std::uint64_t va);
  bool follows_an_end(std::uint64_t va);
  bool in_table(std::uint64_t va) const;

  // discovery.cpp
  std::uint32_t enter_function(std::uint64_t va, Origin origin);
  void walk();
  void push(Item item);
  void push_function(std::uint32_t function);
  void visit(const Item &item);
  void end_block(ir::BlockId id, std::uint32_t function);
  void end_call(ir::BlockId id, std::uint32_t function, const ir::Op &op);
  void end_jump(ir::BlockId id, std::uint32_t function, const ir::Op &op);
  void direct_call(ir::BlockId id, std::uint32_t function, std::uint64_t at, std::uint64_t target);
  void flow_to(std::uint64_t va, ir::BlockId from, std::uint32_t function, Step step);
  void tail_to(std::uint32_t callee, bool fresh, ir::BlockId from, std::uint32_t function);
  void indirect_jump(ir::BlockId id, std::uint32_t function, std::uint64_t at);
  void through_slot_jump(ir::BlockId id, std::uint32_t function, std::uint64_t at, std::uint64_t slot);
  bool leaves_function(std::uint64_t target, std::uint64_t from, std::uint32_t function);
  void note_pointers(const ir::Block &block);
  void note_constant(const ir::Instruction &instruction, std::uint64_t value, bool stored);
  std::uint64_t last_instruction(ir::BlockId id) const;
  Target target_of(ir::BlockId id, const ir::Op &op) const;
  Target register_value(ir::BlockId id, ir::Register number) const;
  std::uint32_t tail_of(std::uint32_t block) const;
  std::uint32_t predecessor(std::uint32_t block) const;
  void dead_end(std::uint64_t from, std::uint64_t at);
  bool runs_into_other(std::uint64_t next, std::uint64_t from);

  // exceptions.cpp
  Range *range_of(std::uint64_t va);
  std::uint64_t primary_of(Range &range);
  void visit_range(Range &range, std::uint32_t function, ir::BlockId block);
  void scope_table_x86(std::uint64_t va, std::uint32_t function, std::uint32_t block);

  // jump_table.cpp
  bool resolve_table(ir::BlockId id, std::uint32_t function, std::uint64_t at);
  void follow_path(ir::BlockId id, std::size_t length);
  bool propose(JumpTable &table, std::uint64_t at);
  bool valid_target(std::uint64_t target, std::uint64_t at);
  bool enumerate_computed(JumpTable &table, std::uint64_t at, Bound bound);
  bool enumerate(JumpTable &table, std::uint64_t at, Bound bound, bool trusted);

  // finish.cpp
  void finish();
  void connect();
  void connect_block(std::uint32_t block);
  void classify();
  void classify_function(std::uint32_t function);
  void collect_blocks();
  void collect_function(std::uint32_t function, std::vector<std::uint32_t> &stamp);
  void order();
  void count();

  Program &program_;
  BlockCache &cache_;
  const ir::Body &body_;
  const image::Image &image_;
  bool long_mode_ = false;
  std::vector<Item> stack_;
  std::vector<Trail> trail_;
  std::vector<Walked> walked_; ///< by function, in order of discovery
  AddressMap function_at_;
  std::vector<std::vector<std::uint32_t>> handlers_; ///< handler blocks, by function in order of discovery
  AddressMap table_of_;                              ///< address of an indirect jump -> index in Program::tables_
  AddressMap seen_candidates_;
  std::vector<Candidate> candidates_;
  std::size_t next_candidate_ = 0;
  std::vector<Range> ranges_;
  std::vector<std::uint32_t> relocated_;               ///< RVAs, ascending
  std::vector<Extent> table_bytes_;                    ///< bytes that jump tables read
  std::uint64_t guard_check_ = 0, guard_dispatch_ = 0; ///< addresses of the pointers; 0 without
  PathValues path_;
  ir::Body scratch_;
};

/// True for imports that never return to their caller.
bool never_returns(std::string_view import_name);

} // namespace ringfence::code
