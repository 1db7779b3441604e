// The concrete machine: registers, a memory and a world, and the loop that executes blocks. Exact: the result of
// every operation is the one op.h defines; what is undefined is taken from World::undefined. Faults are told apart
// and carry the instruction's address; nothing of the faulting instruction but its earlier operations has happened
// (lifted instructions store before they put, so a fault leaves registers as they were).
#pragma once

#include <ringfence/ir/body.h>
#include <ringfence/ir/flags.h>

#include <array>
#include <span>
#include <vector>

namespace ringfence::ir {

/// Up to 512 bits, 64-bit words, least significant first.
struct Wide {
  std::array<std::uint64_t, 8> word{};
  friend bool operator==(const Wide &, const Wide &) = default;
};

/// The registers of one processor. Scalars are kept truncated to their width; vectors are 128 bits.
struct RegisterState {
  std::array<std::uint64_t, kFirstVectorRegister> scalar{};
  std::array<std::array<std::uint64_t, 2>, kRegisterLimit - kFirstVectorRegister> vector{};
  FlagsRecord flags;
  std::uint64_t instruction_pointer = 0;
};

/// Memory of the machine. Addresses are plain; sizes are 1 to 64 bytes.
class Memory {
public:
  virtual ~Memory() = default;
  /// Reads or writes all `bytes`, or returns false and does nothing.
  virtual bool read(std::uint64_t address, std::span<std::byte> bytes) = 0;
  virtual bool write(std::uint64_t address, std::span<const std::byte> bytes) = 0;
};

/// What the program asks of the machine around it.
class World {
public:
  virtual ~World() = default;
  /// A sys operation with its inputs (0 where it has none); `result` is what it returns, zero on entry.
  /// False stops the machine with Outcome::sys_refused.
  virtual bool sys(SysOp op, Width width, std::span<const std::uint64_t> inputs, Wide &result) = 0;
  /// A value the manual leaves undefined. The default is zero.
  virtual Wide undefined(Width width, std::uint64_t address);
};

enum class Outcome : std::uint8_t {
  running,      ///< the block ended; instruction_pointer is the next block's address
  called,       ///< a call: the same, and the return address is Step::return_address
  returned,     ///< a ret: the same
  memory_read,  ///< a load failed at Step::fault_address
  memory_write, ///< a store failed there
  trapped,      ///< check or trap: Step::trap
  unknown,      ///< an instruction without semantics
  sys_refused,
  out_of_fuel,
  malformed, ///< an operation no verified block holds
};

/// How an execution ended.
struct Step {
  Outcome outcome = Outcome::running;
  TrapKind trap = TrapKind::undefined;
  std::uint64_t trap_code = 0;     ///< vector or code of a trap operation
  std::uint64_t address = 0;       ///< of the instruction that ended it
  std::uint64_t fault_address = 0; ///< first byte of the access that failed
  unsigned fault_size = 0;         ///< its bytes
  std::uint64_t return_address = 0;
  std::uint64_t progress = 0; ///< elements a faulting bulk operation had completed
};

class Interpreter {
public:
  Interpreter(Architecture architecture, Memory &memory, World &world);

  RegisterState &registers() { return registers_; }
  const RegisterState &registers() const { return registers_; }
  /// A scalar register's value, and its change (truncated to the register's width).
  std::uint64_t scalar(Register number) const { return registers_.scalar[number]; }
  void set_scalar(Register number, std::uint64_t value);

  /// Executes one verified block from its first instruction. `fuel` is reduced by one an operation and by one a
  /// bulk element. On an `unknown` operation: stops when `stop_at_unknown`, else goes on with its undefined outputs.
  Step run(const Body &body, const Block &block, std::uint64_t &fuel);
  /// Executes one instruction of a body.
  Step run_instruction(const Body &body, const Instruction &instruction, std::uint64_t &fuel);
  void set_stop_at_unknown(bool stop) { stop_at_unknown_ = stop; }

private:
  struct Frame;
  Step execute(std::span<const Op> ops, const Instruction &instruction, std::uint64_t &fuel);

  Architecture architecture_;
  Memory &memory_;
  World &world_;
  RegisterState registers_;
  bool stop_at_unknown_ = false;
  std::array<std::uint64_t, 256> scalar_{}; ///< results of the current instruction, by operation index
  std::vector<Wide> wide_;
  std::vector<FlagsRecord> flags_;
};

} // namespace ringfence::ir
