// What one request leaves for a later one. Memory that outlives a request: the image's variables, device extensions,
// contexts, pool blocks and mappings that these lead to, and the file object with what hangs on it. A path that
// succeeds and changes some of it gives an AfterState: memory, facts and log that the next request starts from.
#pragma once

#include "request.h"

#include <set>
#include <string>
#include <vector>

namespace ringfence::driver {

/// Places of memory that paths read, outside of stacks.
class CellReads {
public:
  /// `offset`: nothing when it is not known.
  void add(symbolic::ObjectId object, std::optional<std::uint64_t> offset, std::uint64_t bytes);
  bool contains(symbolic::ObjectId object, std::uint64_t offset, std::uint64_t bytes) const;
  void join(const CellReads &other);

private:
  static constexpr std::uint64_t line = 64, anywhere = 0xffffffff, somewhere = 0xfffffffe;
  static std::uint64_t key(symbolic::ObjectId object, std::uint64_t part) {
    return std::uint64_t{object.value} << 32 | part;
  }
  /// The bytes read of one line of an object, as a mask; or a mark for the whole object. Key 0: a free place.
  struct Entry {
    std::uint64_t key = 0, bytes = 0;
  };
  void mark(std::uint64_t key, std::uint64_t bytes);
  std::uint64_t bytes_of(std::uint64_t key) const;
  std::vector<Entry> table_; ///< open addressing; only asked, never iterated for output
  std::size_t used_ = 0;
};

struct AfterState {
  struct Cell {
    symbolic::ObjectId object;
    std::uint64_t offset = 0, size = 0;
    symbolic::Expr value; ///< of at most 128 bits; the first of them where the cell is longer
  };
  symbolic::State state;                ///< memory, facts and log; its registers do not count
  std::vector<Cell> changed;            ///< against the memory after boot, in order of object and offset
  std::vector<EarlierRequest> requests; ///< that lead here, in order
};

/// What a value that a request left means for one that reads it: equal texts need no second look.
std::string shape_of(World &world, const AfterState &after, symbolic::Expr value);

/// The few after-states of one route that say most.
class AfterStates {
public:
  AfterStates(std::string_view name, std::optional<std::uint32_t> code) : name_(name), code_(code) {}
  /// Takes a path that ended well. `boot`: the state that the first request of a sequence starts from.
  void add(World &world, const Request &request, const symbolic::State &boot, const symbolic::State &ended,
           const symbolic::PathFacts &facts);
  const std::vector<AfterState> &all() const { return states_; }
  std::vector<AfterState> take() { return std::move(states_); }

private:
  static constexpr std::size_t most_ = 4;
  std::string name_;
  std::optional<std::uint32_t> code_;
  std::set<std::string> shapes_;
  std::vector<AfterState> states_;
};

/// A route as sequences see it: which memory it reads, and what it leaves.
struct StatefulRoute {
  std::string name; ///< control code "0x8a5f2400" or route "IRP_MJ_WRITE"
  std::uint8_t major = irp_mj_device_control;
  std::optional<std::uint32_t> code; ///< of a control code
  CellReads reads;
  std::vector<AfterState> after;
  const Event *registered = nullptr; ///< of a kernel_call: how the kernel came to know the routine
  /// Nobody sends it with bytes of its own: what it does with an earlier request's is said of that request.
  bool is_silent() const { return major == kernel_call || major == closed_and_opened; }
};

} // namespace ringfence::driver
