// The world that the driver's code meets in the analysis: imported routines do what their models say (models/*.toml),
// and what happens on a path is written into its log. What a caller can make of privileged operations is for an
// Observer to judge.
#pragma once

#include "call_sites.h"
#include "machine.h"

#include <ringfence/kernel/structure.h>
#include <ringfence/symbolic/executor.h>
#include <ringfence/witness/witness.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringfence::driver {

enum class EventKind : std::uint8_t {
  device_created, ///< object = DEVICE_OBJECT address, text = name, text2 = descriptor; a = type, b = characteristics, c
                  ///< = exclusive
  link_created,   ///< text = link, text2 = target
  interface_created, ///< text = GUID; object = device
  attached,          ///< object = own device
  callback,  ///< role, a = routine, b = context; text = registered through, text2 = name of the routine in its table, c
             ///< = index
  completed, ///< a = IoStatus.Status (~0: not one value), b and c = the expressions of IoStatus.Information and Status
  sent_down, ///< a = the IRP, b = the device
  pended,
  gate, ///< text = the check; b = the answer's expression, c = 1 when a value lets the caller pass, 2 when zero does
  descriptor_set, ///< object = the device (0: named by text), text2 = the descriptor as SDDL, empty: not known
  port_created,   ///< communication port of a minifilter: object = its descriptor's address, text = name; a = most
                  ///< connections, b = its cookie
  descriptor,     ///< security descriptor in the making: object = its address, text = SDDL (empty: not known), text2 =
                  ///< routine
  table, ///< a structure of routines is handed over: role, a = address, text = registered through, text2 = structure; c
         ///< = SrbTypeFlags
  thread_entered,     ///< the path goes on in a system thread: a = its routine
  waited,             ///< in that thread
  completion_entered, ///< the path goes on in the completion routine of the request that it sent down
  slept,              ///< for a time, or until something happens
  entry_taken,        ///< off a list whose entries are not known: a = the expression of its head's address
  opened,             ///< object = what it was opened by, b = the handle's expression, text = name of what was opened
  registry,           ///< text = path or value name
  framework_object,   ///< object = handle, a = its WdfType
  note,               ///< something else for the surface page
};

struct Event {
  std::uint32_t previous = 0;
  std::uint16_t on_path = 0; ///< events before it on its path
  std::uint16_t alike = 0;   ///< of these, close ones of the same kind from the same place
  EventKind kind = EventKind::note;
  std::string_view through; ///< the outside routine that did it, where that is of interest
  kernel::CallbackRole role{};
  std::uint64_t pc = 0;
  std::uint64_t object = 0;
  std::uint64_t a = 0, b = 0, c = 0;
  std::string text, text2, text3; ///< text3 of a device: the framework's routine that made it or gave its descriptor
};

/// True for a status of severity error; false for one that is not a constant (all bits set).
constexpr bool is_failure(std::uint64_t status) {
  return status != ~std::uint64_t{0} && (status & 0xc0000000u) == 0xc0000000u;
}

/// One call of an outside routine, for an observer and for the effects.
struct ImportCall {
  const Import *import = nullptr;
  std::uint64_t pc = 0; ///< of the call instruction
};

class CellReads;
class Framework;
/// A system thread that waits for work: where a request signals what it waits for, the thread goes on with the request.
struct WaitingThread {
  std::uint64_t routine = 0;
  std::uint64_t context = 0;
  std::vector<std::uint64_t> waits_for; ///< addresses of events and semaphores
};

class World;

/// An operation that a caller must not steer, on one path, as it is about to be judged.
struct OperationMet {
  std::string_view kind, argument;
  symbolic::Expr value; ///< the dangerous operand
  std::uint64_t pc = 0;
  std::string_view why{}; ///< why it is no operation of his, before its operand is judged; empty: it is judged
};

/// Sees what the code does to the machine, before its effects take place.
class Observer {
public:
  virtual ~Observer() = default;
  virtual void import_called(World &, symbolic::State &, const ImportCall &) {}
  virtual void sys(World &, symbolic::State &, ir::SysOp, ir::Width, std::span<const symbolic::Expr>, std::uint64_t) {}
  virtual void port_string(World &, symbolic::State &, ir::BulkOp, symbolic::Expr, symbolic::Expr, symbolic::Expr,
                           ir::Width, std::uint64_t) {}
  virtual void access(World &, symbolic::State &, const symbolic::Access &) {}
  /// A store of a loop in a round that no path has gone: `path` would go it if it stayed in the loop.
  virtual void repeated(World &, symbolic::State & /*path*/, const symbolic::State & /*round*/,
                        const symbolic::RepeatedStore &) {}
  virtual void indirect_call(World &, symbolic::State &, symbolic::Expr, std::uint64_t) {}
  virtual void finished(World &, symbolic::State &, symbolic::PathEnd) {}
  // For a tracer only.
  virtual void operation_met(World &, const symbolic::State &, const OperationMet &) {}
  virtual void operation_dropped(World &, std::string_view /*kind*/, std::uint64_t /*pc*/, std::string_view /*why*/) {}
};
class TraceObserver;

class World : public symbolic::Host {
public:
  /// `fuel`: instructions of all runs together. `solver_seed` is that of Z3's search.
  explicit World(Machine &machine, std::uint64_t fuel = ~std::uint64_t{0}, unsigned solver_seed = 0);
  ~World() override;

  Machine &machine() { return machine_; }
  Framework &framework() { return *framework_; }
  symbolic::Executor &executor() { return executor_; }
  symbolic::ExprPool &pool() { return machine_.pool(); }
  /// One for all routes: it keeps its memory, and what may be asked of Z3 is counted by driver.
  witness::Solver &solver() { return solver_; }

  using Finished = std::function<void(symbolic::State &, symbolic::PathEnd)>;
  using Keep = std::function<bool(symbolic::State &)>;
  /// Runs all paths from `start`. `finished` gets every path; `keep` may take a forked path out.
  void run(symbolic::State start, const symbolic::Limits &limits, Finished finished, Keep keep = {});
  void set_observer(Observer *observer) { observer_ = observer; }
  /// Whoever explains one code; null in an ordinary run.
  TraceObserver *tracer() const { return tracer_; }
  void set_tracer(TraceObserver *tracer) { tracer_ = tracer; }
  /// When set, a routine of the driver that is not given the value `kept` is not entered: its result is unknown. For
  /// checks that cannot be followed to success, in front of a dispatch routine (its own calls only) or on the way
  /// through DriverEntry (`everywhere`).
  void set_skipped_calls(std::optional<std::uint64_t> kept, bool everywhere = false) {
    kept_argument_ = kept;
    skips_everywhere_ = everywhere;
  }

  /// From here on the places of memory that paths read are added to `reads`, where they still have what they have in
  /// `base`: what a request has written itself is nothing that an earlier one left.
  void record_reads(CellReads &reads, const symbolic::PathMemory &base) {
    reads_ = &reads;
    reads_base_ = base;
  }
  void stop_recording() { reads_ = nullptr; }
  /// A read at an offset that a path leaves open is taken to be one of these places, where it can be.
  struct Place {
    symbolic::ObjectId object;
    std::uint64_t offset = 0;
  };
  void set_likely_reads(std::vector<Place> places) { likely_reads_ = std::move(places); }
  /// A store at an offset that a path leaves open: object, a = the offset's expression, b = the value's.
  static constexpr std::string_view slot_store = "slot store";
  /// True for notes that later requests on the same handle have to know.
  static bool is_kept_note(std::string_view text);
  /// The file object of the handle that all requests to a device come through; its content is unknown.
  symbolic::ObjectId file_object(std::uint64_t device);
  /// Of a DEVICE_OBJECT that the path of `state` made; empty when it made none there.
  std::string name_of_device(const symbolic::State &state, std::uint64_t device);

  void set_threads(std::vector<WaitingThread> threads) { threads_ = std::move(threads); }
  const std::vector<WaitingThread> &threads() const { return threads_; }
  /// The objects that a thread waits for first, on any of its paths.
  /// Where a path that ended sent its request down with a completion routine: the entry of that routine, which the
  /// driver below calls when it is done.
  std::optional<symbolic::State> completion_of(const symbolic::State &ended);
  bool is_in_completion(const symbolic::State &state) const;
  std::vector<std::uint64_t> first_waits(symbolic::State start, const symbolic::Limits &limits);

  /// A state at the entry of `function` with these pointer-sized arguments, memory and log from `from`.
  symbolic::State call_state(const symbolic::State &from, std::uint64_t function,
                             std::span<const symbolic::Expr> arguments);
  /// The same for a path that has ended and goes on elsewhere: what its branches said stays.
  symbolic::State continued(const symbolic::State &from, std::uint64_t function,
                            std::span<const symbolic::Expr> arguments);

  /// What a loop does many times from one place is remembered some times only, with a gap.
  void log(symbolic::State &state, Event event);
  /// The events of a path, oldest first.
  std::vector<const Event *> log_of(const symbolic::State &state) const;
  /// Calls `see` with every event of a path, newest first.
  template <typename See> void for_each_event(const symbolic::State &state, See see) const {
    for (std::uint32_t at = state.log; at != 0; at = events_[at].previous)
      see(events_[at]);
  }
  /// The newest event of a path that is `wanted`, among its `most` newest; null when there is none.
  template <typename Wanted>
  const Event *newest_event(const symbolic::State &state, Wanted wanted, std::size_t most = ~std::size_t{0}) const {
    for (std::uint32_t at = state.log; at != 0 && most > 0; at = events_[at].previous, --most)
      if (wanted(events_[at]))
        return &events_[at];
    return nullptr;
  }
  /// The same for the events of one object of the machine: a path's log is not read back to before all of them.
  template <typename Wanted>
  const Event *newest_event_of(const symbolic::State &state, symbolic::ObjectId object, Wanted wanted) const {
    const std::uint32_t first = object.value < first_events_.size() ? first_events_[object.value] : 0;
    for (std::uint32_t at = state.log; first != 0 && at >= first; at = events_[at].previous)
      if (events_[at].object == object.value && wanted(events_[at]))
        return &events_[at];
    return nullptr;
  }

  std::uint64_t driver_object() const { return driver_object_; }
  symbolic::ObjectId driver_object_id() const { return driver_object_id_; }
  /// A state in which DriverEntry has its arguments and the imports are bound.
  symbolic::State driver_entry_state(std::uint64_t entry);
  /// Imports that were called although no model exists, sorted.
  std::vector<std::string> unmodelled() const;
  const CallSites &call_sites() const { return call_sites_; }

  /// The security descriptor at an address, as SDDL; nothing when a part of it is not known.
  std::optional<std::string> descriptor_text(symbolic::State &state, std::uint64_t address);

  // Operands of a call that is being handled.
  symbolic::Expr parameter(symbolic::State &state, const kernel::Api &api, unsigned index);
  symbolic::Expr value_of(symbolic::State &state, const kernel::Api &api, const kernel::Operand &operand,
                          std::uint64_t pc);
  std::optional<symbolic::Expr> place_of(symbolic::State &state, const kernel::Api &api, const kernel::Operand &operand,
                                         std::uint64_t pc);

  /// The text of the UNICODE_STRING that an operand names; empty when it is not known.
  std::string name_operand(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                           kernel::Key key, std::uint64_t pc);

  /// The choice that led to an object or to a handle: which process, which file. Expr(0): none is known.
  symbolic::Expr choice_behind(symbolic::Expr value) const;
  /// The name of what a handle was opened by, whichever request or start did it; empty: not known.
  std::string_view name_behind(symbolic::Expr handle) const;
  /// The same when a value is about to be used: the value itself when it is the caller's, or a stand-in for "the one
  /// whose name the caller gave" when the path compared the caller's bytes with what the system said.
  symbolic::Expr choice_of(const symbolic::State &state, symbolic::Expr value);
  /// A stand-in for what the path found by comparing the caller's bytes with what is not his; Expr(0) without such a
  /// comparison.
  symbolic::Expr named_by_caller(const symbolic::State &state);
  /// The virtual address whose physical address a value is; Expr(0) when it is no such thing.
  symbolic::Expr virtual_of(symbolic::Expr physical) const;
  /// The labels of that choice.
  std::uint32_t labels_behind(symbolic::Expr value) const { return machine_.pool().labels(choice_behind(value)); }
  /// Irp.RequestorMode of the request that is followed: the mode that the caller does not choose.
  void set_requestor_mode(symbolic::Expr mode) { requestor_mode_ = mode; }
  /// 1 for a caller in user mode, 0 for another driver; Expr(0): no request has been made.
  symbolic::Expr requestor_mode() const { return requestor_mode_; }
  /// A Plug and Play request that is about to be sent down: the stack location of its receiver.
  struct SentRequest {
    std::uint64_t location = 0;
    std::uint8_t minor = 0;
    bool starts_device = false; ///< IRP_MN_START_DEVICE
  };
  std::optional<SentRequest> sent_pnp_request(symbolic::State &state, symbolic::Expr irp);
  /// True on paths that only requests of kernel mode take.
  bool is_kernel_request(const symbolic::State &state) const;

  // symbolic::Host
  CallResult call(symbolic::Executor &, symbolic::State &state, std::uint64_t target, std::uint64_t pc,
                  bool is_call) override;
  bool indirect_call(symbolic::Executor &, symbolic::State &state, symbolic::Expr target, std::uint64_t pc) override;
  symbolic::Expr sys(symbolic::Executor &, symbolic::State &state, ir::SysOp op, ir::Width width,
                     std::span<const symbolic::Expr> inputs, unsigned bits, std::uint64_t pc) override;
  void port_string(symbolic::Executor &, symbolic::State &state, ir::BulkOp op, symbolic::Expr memory,
                   symbolic::Expr port, symbolic::Expr count, ir::Width width, std::uint64_t pc) override;
  void access(symbolic::Executor &, symbolic::State &state, const symbolic::Access &access) override;
  bool rehearse(bool begins) override;
  void repeated(symbolic::Executor &, symbolic::State &path, const symbolic::State &round,
                const symbolic::RepeatedStore &store) override;
  void reads(symbolic::State &state, symbolic::ObjectId object, std::uint64_t offset, unsigned bytes) override {
    if (reads_)
      add_read(state, object, offset, bytes);
  }
  void reads_somewhere(symbolic::State &state, symbolic::ObjectId object, symbolic::Expr offset,
                       unsigned bytes) override;
  bool keep(symbolic::Executor &, symbolic::State &state) override;
  void finished(symbolic::Executor &, symbolic::State &state, symbolic::PathEnd end) override;

private:
  friend class Framework;
  void note_state(symbolic::State &state, const symbolic::Access &access);
  /// A callback to continue in.
  struct Entry {
    std::uint64_t routine = 0;
    std::vector<symbolic::Expr> arguments;
  };
  struct Outcome {
    symbolic::Expr result; ///< Expr(0): the model's default
    bool ends = false;
    bool handled = false;             ///< the special case did everything
    std::optional<std::uint64_t> run; ///< a callback to enter before returning
    bool done = false;                ///< the result stands: effects that follow do not take place
    std::optional<Entry> enter;       ///< a callback of the framework to continue in
  };
  void write_unsaid_results(symbolic::State &state, const kernel::Api &api, std::uint64_t pc);
  CallResult call_import(symbolic::State &state, const Import &import, std::uint64_t pc);
  void record_call(symbolic::State &state, const Import &import, std::uint64_t pc);
  std::optional<std::uint64_t> aliased_code(symbolic::State &state, const kernel::Api &api,
                                            const kernel::Effect &effect);
  void record_instruction(const symbolic::State &state, ir::SysOp op, std::span<const symbolic::Expr> inputs,
                          std::uint64_t pc);
  void record_data_call(std::uint64_t target, std::uint64_t pc);
  void log_class_guid(symbolic::State &state, std::uint64_t device, std::uint64_t guid);
  void apply(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
             std::uint64_t pc);
  void forget_result(symbolic::State &state, symbolic::Expr at, symbolic::Expr size, std::uint32_t labels);
  void apply_memory(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                    std::uint64_t pc);
  void apply_object(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                    std::uint64_t pc);
  void apply_gate(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                  std::uint64_t pc);
  void build_descriptor(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                        std::uint64_t pc);
  void set_descriptor(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, std::uint64_t pc);
  void apply_text(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                  std::uint64_t pc);
  void apply_request(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                     std::uint64_t pc);
  void register_table(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, std::uint64_t pc);
  void register_structure(symbolic::State &state, const kernel::Structure &structure, std::uint64_t address, Event as,
                          unsigned depth);
  void register_dispatch(symbolic::State &state, std::uint64_t table, Event as);
  void make_default_descriptor(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                               Outcome &outcome, std::uint64_t pc);
  void create_port(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                   std::uint64_t pc);
  /// What the driver below does with a Plug and Play request; true: it succeeds at once.
  bool answer_pnp_request(symbolic::State &state, symbolic::Expr irp, std::uint64_t pc);
  void create_device(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                     std::uint64_t pc);
  /// Logs a completion with its status; a status that was picked without a branch gives one path for each outcome.
  void log_completion(symbolic::State &state, const kernel::Api &api, symbolic::Expr status, const Event &event,
                      unsigned depth = 6);
  std::optional<symbolic::Expr> undecided_condition(const symbolic::State &state, symbolic::Expr e,
                                                    unsigned depth) const;
  /// Adds the path on which the call that is being handled returned `result`.
  void push_returned(symbolic::State state, const kernel::Api &api, symbolic::Expr result);
  std::optional<CallResult> hand_to_thread(symbolic::State &state, const kernel::Api &api, std::uint64_t pc);
  bool resume_in_threads(const symbolic::State &state);
  bool is_in_thread(const symbolic::State &state) const;
  void resume_in_completion(const symbolic::State &state);
  void answer_below(symbolic::State &state);
  void apply_list(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, Outcome &outcome,
                  std::uint64_t pc);
  std::optional<CallResult> special(symbolic::State &state, const Import &import, std::uint64_t pc);
  std::vector<symbolic::Expr> callback_arguments(symbolic::State &state, const kernel::Api &api,
                                                 const kernel::Effect &effect, std::uint64_t pc);
  void enter_callback(symbolic::State &state, std::uint64_t routine, std::span<const symbolic::Expr> arguments,
                      unsigned popped, std::uint64_t pc);
  bool start_packet(symbolic::State &state, const Import &import, std::uint64_t pc);
  bool answer_version(symbolic::State &state, const Import &import, std::uint64_t pc);
  CallResult run_memory_routine(symbolic::State &state, const MemoryRoutine &routine, std::uint64_t pc);
  std::optional<CallResult> library_routine(symbolic::State &state, std::uint64_t target, std::uint64_t pc);
  symbolic::Expr make_device(symbolic::State &state, symbolic::Expr type, symbolic::Expr characteristics,
                             std::uint64_t extension);
  symbolic::Expr operand(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, kernel::Key key,
                         std::uint64_t pc, std::uint64_t otherwise);
  void write_operand(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, kernel::Key key,
                     symbolic::Expr value, Outcome &outcome, std::uint64_t pc);
  symbolic::Expr default_result(const kernel::Api &api);
  symbolic::Expr path_value(symbolic::State &state, const kernel::Api &api, const kernel::AccessPath &path,
                            std::uint64_t pc);
  symbolic::Expr path_place(symbolic::State &state, const kernel::Api &api, const kernel::AccessPath &path,
                            std::uint64_t pc);
  symbolic::Expr text_length(symbolic::State &state, symbolic::Expr address, bool wide);
  symbolic::Expr fit(symbolic::Expr e, unsigned bits);
  symbolic::Expr fresh(unsigned bits, std::uint32_t labels, std::string_view name);

  Machine &machine_;
  symbolic::Executor executor_;
  witness::Solver solver_;
  Observer *observer_ = nullptr;
  TraceObserver *tracer_ = nullptr;
  std::optional<std::uint64_t> kept_argument_;
  bool skips_everywhere_ = false;
  std::uint64_t fuel_;
  Finished finished_;
  Keep keep_;
  struct Audience {
    Observer *observer = nullptr;
    Finished finished;
    Keep keep;
    CellReads *reads = nullptr;
  };
  Audience audience_;                       ///< while a loop is rehearsed: who is not told of it
  std::deque<Event> events_;                ///< never moved: paths and their readers point into it
  std::vector<std::uint32_t> first_events_; ///< by object of the machine, over all paths; 0: none
  std::unique_ptr<Framework> framework_;
  bool is_call_ = true; ///< how control came to the routine that is being handled: a call, else a jump
  std::vector<std::string> unmodelled_;
  std::map<std::uint32_t, symbolic::Expr> handle_choices_;    ///< by the handle's expression
  std::map<std::uint32_t, std::string> handle_names_;         ///< the same
  std::map<std::uint32_t, symbolic::Expr> virtual_addresses_; ///< by the physical address's expression
  symbolic::Expr requestor_mode_{0};
  void add_read(const symbolic::State &state, symbolic::ObjectId object, std::optional<std::uint64_t> offset,
                std::uint64_t bytes);
  CellReads *reads_ = nullptr;
  symbolic::PathMemory reads_base_;
  std::vector<Place> likely_reads_;
  std::map<std::uint64_t, symbolic::ObjectId> file_objects_; ///< by DEVICE_OBJECT address
  std::map<std::uint64_t, std::string> device_names_;
  CallSites call_sites_;
  std::vector<WaitingThread> threads_;
  std::map<std::uint64_t, unsigned> completions_; ///< by routine: how often the paths of this run went on there
  std::vector<std::uint64_t> *waits_ = nullptr;   ///< while the waits of a thread are looked for
  symbolic::ObjectId driver_object_id_;
  std::uint64_t driver_object_ = 0;
};

} // namespace ringfence::driver
