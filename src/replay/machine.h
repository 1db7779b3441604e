// The replayed machine: the image at its preferred base, import slots that point to recognisable addresses, registers,
// and the run loop that takes calls of outside routines to their models. What can be restored between runs is Store.
#pragma once

#include "framework.h"
#include "memory.h"

#include <ringfence/code/block_cache.h>
#include <ringfence/ir/interpret.h>
#include <ringfence/kernel/api.h>
#include <ringfence/kernel/word_size.h>
#include <ringfence/replay/replay.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::replay {

struct Device {
  std::uint64_t object = 0; ///< address of the DEVICE_OBJECT
  std::string name;
  std::vector<std::uint64_t> dispatch; ///< routines of its own by IRP_MJ_*; empty: the driver object's
};

/// A communication port of a minifilter.
struct Port {
  std::string name;
  std::uint64_t cookie = 0, connect = 0, disconnect = 0, message = 0;
};

/// A system thread of the driver's own, which runs when a request waits for it.
struct Thread {
  std::uint64_t routine = 0, context = 0;
};

/// The process id of the caller.
inline constexpr std::uint64_t client_process_id = 0x1a38;
/// What DriverEntry gets as RegistryPath: the one key that is there before the driver runs.
inline constexpr std::string_view service_key = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\driver";

/// Everything that a run changes.
struct Store {
  Memory memory;
  std::uint64_t next_object = 0;
  std::uint64_t next_handle = 0x80000100;
  std::uint64_t time = 0x1'0000'0000;
  std::uint64_t configuration_address = 0; ///< last value written to port 0CF8h
  std::uint64_t driver_object = 0;
  std::vector<Device> devices;
  std::vector<Port> ports;
  std::vector<Thread> threads;
  std::uint64_t attached = 0; ///< own device object that was put over another one last
  /// Handles and objects that stand for something that was named by a number: a process by its id.
  std::map<std::uint64_t, std::uint64_t> named_by;
  std::uint64_t attached_process = 0; ///< whose address space the driver has entered
  FrameworkState framework;
  /// How often an instruction has asked the same register or place of the hardware.
  std::map<std::pair<std::uint64_t, std::uint64_t>, unsigned> polls;
};

/// An outside routine.
struct Import {
  std::string name;
  const kernel::Api *api = nullptr;
};

/// How a call of a routine of the driver ended.
struct CallEnd {
  bool returned = false; ///< else Machine::why()
  std::uint64_t value = 0;
};

class Machine : public ir::World {
public:
  Machine(const image::Image &image, ir::Architecture architecture);

  Store store; ///< restored by assignment
  std::vector<Observation> observations;
  Goal goal; ///< null: none
  std::vector<std::string> assumed;
  std::uint64_t fuel = 0;
  bool wow64 = false, asked_wow64 = false;
  std::uint64_t instructions = 0;

  const image::Image &image() const { return image_; }
  Memory &memory() { return store.memory; }
  unsigned pointer() const { return bits_ / 8; }
  unsigned bits() const { return bits_; }
  kernel::WordSize word() const { return bits_ == 32 ? kernel::WordSize::bits32 : kernel::WordSize::bits64; }
  const std::string &why() const { return why_; }
  void stop(std::string why);
  /// The same, for a request that the driver turns down.
  void refuse(std::string why);
  /// Lets the driver's threads run, each from its beginning until it waits again and again.
  void run_threads(std::uint64_t fuel_for_each);
  /// The routine that is being called waits: true in a thread that has waited enough.
  bool waits_too_long();
  /// The driver asks the hardware once more: one that asks the same again and again is stopped.
  void note_poll(std::uint64_t from);
  bool refused = false;
  bool reached = false; ///< the goal
  /// Addresses of the caller's lie below it.
  std::uint64_t user_limit() const { return bits_ == 32 ? 0x7fff0000 : 0x7fff'ffff'0000; }
  bool is_code(std::uint64_t address) const { return cache_.is_code_address(address); }

  /// Loads the image and binds its imports; DRIVER_OBJECT and registry path are set up.
  void load();
  /// Calls a routine of the driver with pointer-sized arguments. Calls nest.
  CallEnd call(std::uint64_t routine, std::span<const std::uint64_t> arguments);

  /// A new object of zeros; its neighbours are far away. At least one byte.
  std::uint64_t allocate(std::uint64_t size, RegionKind kind);
  /// What reached the outside routine that is being called.
  void observe(std::string argument, std::uint64_t value);
  void observe(Observation observation);
  /// Whether an object stands for the caller's own process.
  bool is_own_process(std::uint64_t object) const;
  void observe_at(std::uint64_t place, std::string_view operation, std::string argument, std::uint64_t value);
  /// The address that stands for an outside routine; the same name gives the same address.
  std::uint64_t address_of_import(const std::string &name);
  /// The same for a routine of the framework, whose model its place in the table names.
  std::uint64_t address_of_framework(const std::string &name, const kernel::Api *api);

  // Numbers in memory; a read outside of objects is an access to a foreign place, noted as such.
  std::uint64_t load(std::uint64_t address, unsigned bytes);
  void save(std::uint64_t address, std::uint64_t value, unsigned bytes);
  std::vector<std::byte> load_bytes(std::uint64_t address, std::uint64_t size);
  void save_bytes(std::uint64_t address, std::span<const std::byte> bytes);
  /// Text before its terminator, at most `most` units.
  std::u16string load_wide(std::uint64_t address, std::size_t most);
  std::string load_narrow(std::uint64_t address, std::size_t most);
  /// The text of a UNICODE_STRING.
  std::u16string load_unicode(std::uint64_t address);

  // The outside routine that is being called.
  std::uint64_t parameter(const kernel::Api &api, unsigned index);
  /// The i-th pointer-sized argument, whatever the model says.
  std::uint64_t argument(unsigned index);
  std::uint64_t result_of_path(const kernel::Api &api, const kernel::AccessPath &path);
  std::uint64_t place_of_path(const kernel::Api &api, const kernel::AccessPath &path);
  std::uint64_t value_of(const kernel::Api &api, const kernel::Operand &operand);
  std::uint64_t call_place() const { return call_place_; }

  // ir::World
  bool sys(ir::SysOp op, ir::Width width, std::span<const std::uint64_t> inputs, ir::Wide &result) override;

private:
  void map_image();
  void bind_imports();
  std::uint64_t loader_entry();
  bool run_block(std::uint64_t stop_at);
  bool handle_step(const ir::Step &step);
  bool enter_outside(const Import &import);
  bool library_routine(std::uint64_t target);
  void touch(std::uint64_t place);
  bool reach_foreign(std::uint64_t address);
  void return_from_outside(std::uint64_t result, unsigned popped, bool wide);

  const image::Image &image_;
  ir::Architecture architecture_;
  unsigned bits_;
  code::BlockCache cache_;
  ir::Interpreter interpreter_;
  std::uint64_t import_base_;
  std::vector<Import> imports_;
  std::map<std::string, std::uint64_t, std::less<>> import_addresses_;
  std::string why_;
  bool stopped_ = false;
  bool entered_ = false;         ///< the last instruction was a call
  std::uint64_t place_ = 0;      ///< instruction that is executed
  std::uint64_t call_place_ = 0; ///< of the transfer that led out of the driver
  std::string_view routine_;     ///< outside routine that is being called
  struct Frame {
    std::uint64_t call_site = 0, stack = 0;
  };
  std::vector<Frame> frames_;
  unsigned nested_ = 0;
  std::optional<unsigned> waits_left_; ///< of the thread that runs
  unsigned foreign_pages_ = 0;
};

/// What an outside routine does; see calls.cpp. Sets `result`, or stops the machine.
struct OutsideCall {
  Machine &machine;
  const kernel::Api &api;
  std::optional<std::uint64_t> result;
  bool failed = false; ///< the routine reports failure
  bool done = false;   ///< nothing more happens

  /// All effects, in order.
  void apply();

  // What the effects' meanings are made of.
  std::uint64_t operand(const kernel::Effect &effect, kernel::Key key, std::uint64_t otherwise = 0);
  /// Where an operand that names memory lies; 0 when it names none.
  std::uint64_t place(const kernel::Effect &effect, kernel::Key key);
  void produce(const kernel::Effect &effect, std::uint64_t value, kernel::Key key = kernel::Key::result);
  /// The text of a UNICODE_STRING; what is not ASCII becomes '?'.
  std::string name_of(const kernel::Effect &effect, kernel::Key key);
  /// The routine returns a status at once.
  void fail(std::uint64_t status);

private:
  void apply(const kernel::Effect &effect);
  bool version();
  void memory(const kernel::Effect &effect);
  void interlocked(const kernel::Effect &effect);
  void arithmetic(const kernel::Effect &effect);
  void list(const kernel::Effect &effect);
  void object(const kernel::Effect &effect);
  void request(const kernel::Effect &effect);
  void complete_lower(std::uint64_t irp);
  void lock_pages(const kernel::Effect &effect);
  void register_callback(const kernel::Effect &effect);
  void query(const kernel::Effect &effect);
  void gate(const kernel::Effect &effect);
  void text(const kernel::Effect &effect);
  void format(const kernel::Effect &effect);
  void compare(const kernel::Effect &effect);
  void map(const kernel::Effect &effect);
  void allocate(const kernel::Effect &effect);
  void sink(const kernel::Effect &effect);
  void run_callback(const kernel::Effect &effect);
  std::uint64_t related_object(std::uint64_t object);
};

/// A DEVICE_OBJECT with its extension, linked into the driver object.
std::uint64_t make_device(Machine &machine, std::string name, std::uint32_t type, std::uint32_t characteristics,
                          std::uint64_t extension);
/// An MDL of a locked buffer that the system has mapped.
std::uint64_t make_mdl(Machine &machine, std::uint64_t buffer, std::uint64_t size);

} // namespace ringfence::replay
