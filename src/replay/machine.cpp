// The run loop: instructions, calls out of the driver, accesses to places that nothing gave out.

#include "machine.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>
#include <utility>

namespace ringfence::replay {

namespace x86 = ir::x86;

namespace {

constexpr std::uint64_t import_step = 16;
constexpr std::uint64_t stack_size = 0x6000; // what the kernel gives a thread on x64
constexpr unsigned most_nested = 8;
constexpr unsigned most_foreign_pages = 256;
constexpr std::uint64_t null_page = 0x10000;
constexpr std::uint64_t return_address_64 = 0xffffde00'00001000, return_address_32 = 0xde001000;
constexpr std::uint64_t import_area_64 = 0xfffff880'00000000, import_area_32 = 0xfe000000;
constexpr std::uint64_t object_area_64 = 0xffffa000'00000000, object_area_32 = 0x88000000;
constexpr std::uint64_t processor_64 = 0xfffff780'10000000, processor_32 = 0xffdff000;
constexpr std::size_t frame_cap = 1024;

} // namespace

Machine::Machine(const image::Image &image, ir::Architecture architecture)
    : image_(image), architecture_(architecture), bits_(architecture == ir::Architecture::x86 ? 32 : 64), cache_(image),
      interpreter_(architecture, store.memory, *this), import_base_(bits_ == 32 ? import_area_32 : import_area_64) {
  interpreter_.set_stop_at_unknown(true);
  store.next_object = bits_ == 32 ? object_area_32 : object_area_64;
}

void Machine::stop(std::string why) {
  if (!stopped_)
    why_ = std::move(why);
  stopped_ = true;
}

void Machine::refuse(std::string why) {
  refused = refused || !stopped_;
  stop(std::move(why));
}

// --- loading --------------------------------------------------------------------------------------------------------

void Machine::map_image() {
  constexpr std::uint64_t largest = 64u << 20;
  const std::uint64_t base = image_.headers().image_base;
  const auto put = [&](std::uint64_t rva, std::uint64_t extent, Bytes data) {
    if (extent == 0 || extent > largest || memory().find(base + rva))
      return;
    Region &region = memory().add(base + rva, extent, RegionKind::image);
    const std::size_t count = std::min(data.size(), region.bytes->size());
    std::copy_n(data.begin(), count, region.bytes->begin());
  };
  const Bytes headers = image_.bytes();
  put(0, 0x1000, headers.first(std::min<std::size_t>(headers.size(), 0x1000)));
  for (const image::Section &section : image_.sections())
    put(section.rva.value, std::max<std::uint64_t>(section.extent(), 1), section.data);
}

std::uint64_t Machine::address_of_import(const std::string &name) {
  return address_of_framework(name, kernel::find_api(name));
}

std::uint64_t Machine::address_of_framework(const std::string &name, const kernel::Api *api) {
  const auto known = import_addresses_.find(name);
  if (known != import_addresses_.end())
    return known->second;
  const std::uint64_t address = import_base_ + import_step * imports_.size();
  imports_.push_back({name, api});
  import_addresses_.emplace(name, address);
  return address;
}

void Machine::bind_imports() {
  const std::uint64_t base = image_.headers().image_base;
  for (const image::ImportedModule &module : image_.imports().modules)
    for (const image::ImportedSymbol &symbol : image_.imports().symbols_of(module)) {
      const std::string name = symbol.by_ordinal ? std::string(module.name) + "#" + std::to_string(symbol.ordinal)
                                                 : std::string(symbol.name);
      const kernel::DataExport *data = kernel::find_data_export(name);
      std::uint64_t address = 0;
      if (data && !kernel::find_api(name)) {
        address = allocate(64, RegionKind::kernel);
        if (data->has_value)
          memory().put(address, bits_ == 32 ? data->value_x86 : data->value_x64, pointer());
        else if (data->type.is_pointer()) // *PsProcessType and the like: an object of its own
          memory().put(address, allocate(0x200, RegionKind::kernel), pointer());
      } else {
        address = address_of_import(name);
      }
      memory().put(base + symbol.slot.value, address, pointer());
    }
}

void Machine::load() {
  namespace layout = kernel::layout;
  map_image();
  memory().add(bits_ == 32 ? processor_32 : processor_64, 0x1000, RegionKind::kernel);
  const std::uint64_t thread = allocate(0x800, RegionKind::kernel);
  memory().put(bits_ == 32 ? processor_32 + 0x124 : processor_64 + 0x188, thread, pointer()); // KPRCB.CurrentThread
  bind_imports();
  const auto &config = image_.load_config();
  if (config && config->security_cookie) // the loader gives it a random value
    memory().put(image_.headers().image_base + config->security_cookie->value,
                 bits_ == 32 ? 0x7a3c51e9u : 0x0000'5e19'7a3c'51e9u, pointer());
  store.driver_object = allocate(layout::DRIVER_OBJECT::structure_size.at(word()), RegionKind::kernel);
  const auto put = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
    memory().put(store.driver_object + field.at(word()), value, bytes);
  };
  put(layout::DRIVER_OBJECT::Type, 4, 2);
  put(layout::DRIVER_OBJECT::Size, layout::DRIVER_OBJECT::structure_size.at(word()), 2);
  put(layout::DRIVER_OBJECT::DriverStart, image_.headers().image_base, pointer());
  put(layout::DRIVER_OBJECT::DriverSize, image_.headers().size_of_image, 4);
  const std::uint64_t extension = allocate(0x100, RegionKind::kernel);
  memory().put(extension, store.driver_object, pointer());
  put(layout::DRIVER_OBJECT::DriverExtension, extension, pointer());
  put(layout::DRIVER_OBJECT::DriverSection, loader_entry(), pointer());
}

/// What DriverSection points to, LDR_DATA_TABLE_ENTRY (winternl.h): three lists of this one module, where it lies, and
/// zeros. Drivers set a flag in it so that callbacks are accepted from them.
std::uint64_t Machine::loader_entry() {
  const std::uint64_t entry = allocate(0x100, RegionKind::kernel), p = pointer();
  for (std::uint64_t link = 0; link < 6; ++link)
    memory().put(entry + link * p, entry + link / 2 * 2 * p, pointer());
  memory().put(entry + 6 * p, image_.headers().image_base, pointer());
  memory().put(entry + 8 * p, image_.headers().size_of_image, 4);
  return entry;
}

std::uint64_t Machine::allocate(std::uint64_t size, RegionKind kind) {
  const std::uint64_t spacing = bits_ == 32 ? 0x4000 : 0x10000;
  constexpr std::uint64_t largest = 16u << 20;
  const std::uint64_t kept = std::clamp<std::uint64_t>(size, 1, largest);
  const std::uint64_t base = store.next_object;
  store.next_object += (kept + spacing - 1) / spacing * spacing + spacing;
  memory().add(base, kept, kind);
  return base;
}

// --- execution ------------------------------------------------------------------------------------------------------

CallEnd Machine::call(std::uint64_t routine, std::span<const std::uint64_t> arguments) {
  if (nested_ >= most_nested) {
    stop("calls back into the driver are nested too deeply");
    return {};
  }
  const ir::RegisterState before = interpreter_.registers();
  const std::size_t frames = frames_.size();
  const std::uint64_t places[] = {place_, call_place_};
  std::uint64_t sp = 0;
  if (nested_ == 0) {
    interpreter_.registers() = {};
    interpreter_.registers().flags.kind = ir::FlagKind::word;
    interpreter_.set_scalar(bits_ == 32 ? x86::fs_base : x86::gs_base, bits_ == 32 ? processor_32 : processor_64);
    sp = allocate(stack_size, RegionKind::stack) + stack_size - 0x1000;
  } else {
    sp = (before.scalar[x86::rsp] & ~std::uint64_t{0xf}) - 0x200;
  }
  const std::uint64_t back = bits_ == 32 ? return_address_32 : return_address_64;
  sp -= pointer(); // 16-byte aligned but for the return address
  memory().put(sp, back, pointer());
  constexpr ir::Register registers64[] = {x86::rcx, x86::rdx, x86::r8, x86::r9};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (bits_ == 64 && i < 4)
      interpreter_.set_scalar(registers64[i], arguments[i]);
    else
      memory().put(sp + pointer() * (i + 1), arguments[i], pointer());
  }
  interpreter_.set_scalar(x86::rsp, sp);
  interpreter_.registers().instruction_pointer = routine;
  ++nested_;
  while (!stopped_ && interpreter_.registers().instruction_pointer != back)
    if (!run_block(back))
      break;
  --nested_;
  const std::uint64_t value = interpreter_.scalar(x86::rax);
  if (nested_ > 0)
    interpreter_.registers() = before;
  frames_.resize(std::min(frames, frames_.size()));
  place_ = places[0];
  call_place_ = places[1];
  const bool returned = !stopped_;
  if (nested_ == 0)
    stopped_ = false;
  return {returned, value};
}

void Machine::run_threads(std::uint64_t fuel_for_each) {
  constexpr unsigned most_waits = 3;
  const std::vector<Thread> threads = store.threads;
  for (const Thread &thread : threads) {
    waits_left_ = most_waits;
    fuel = fuel_for_each;
    const std::uint64_t arguments[] = {thread.context};
    call(thread.routine, arguments);
  }
  waits_left_.reset();
}

bool Machine::waits_too_long() { return waits_left_ && (*waits_left_)-- == 0; }

/// One block, or one call of an outside routine. False: the machine has stopped.
bool Machine::run_block(std::uint64_t stop_at) {
  const std::uint64_t at = interpreter_.registers().instruction_pointer;
  if (at >= import_base_ && (at - import_base_) % import_step == 0 &&
      (at - import_base_) / import_step < imports_.size())
    return enter_outside(
        Import(imports_[static_cast<std::size_t>((at - import_base_) / import_step)])); // a copy: the list may grow
  if (std::exchange(entered_, false) && library_routine(at))
    return !stopped_;
  const ir::Block *found = cache_.block_at(at);
  if (!found) {
    observe_at(call_place_, "call", "target", at);
    stop("control left the driver's code for " + hex(at));
    return false;
  }
  const ir::Block block = *found;
  for (std::uint32_t i = 0; i < block.instruction_count; ++i) {
    const ir::Instruction instruction = cache_.body().instructions[block.first_instruction + i];
    place_ = instruction.address;
    ++instructions;
    ir::Step step = interpreter_.run_instruction(cache_.body(), instruction, fuel);
    while ((step.outcome == ir::Outcome::memory_read || step.outcome == ir::Outcome::memory_write) &&
           reach_foreign(step.fault_address)) {
      if (const std::uint64_t last = step.fault_address + step.fault_size - 1; !memory().find(last))
        reach_foreign(last);
      step = interpreter_.run_instruction(cache_.body(), instruction, fuel);
    }
    if (memory().has_touched())
      touch(place_);
    if (step.outcome == ir::Outcome::running && interpreter_.registers().instruction_pointer == instruction.end() &&
        i + 1 < block.instruction_count)
      continue;
    return handle_step(step) && interpreter_.registers().instruction_pointer != stop_at;
  }
  return !stopped_;
}

/// What the end of an instruction means. False: the machine has stopped.
bool Machine::handle_step(const ir::Step &step) {
  switch (step.outcome) {
  case ir::Outcome::running:
    call_place_ = step.address;
    return !stopped_;
  case ir::Outcome::called:
    call_place_ = step.address;
    entered_ = true;
    if (frames_.size() < frame_cap)
      frames_.push_back({step.address, interpreter_.scalar(x86::rsp)});
    return !stopped_;
  case ir::Outcome::returned:
    while (!frames_.empty() && frames_.back().stack < interpreter_.scalar(x86::rsp))
      frames_.pop_back();
    return !stopped_;
  case ir::Outcome::memory_read:
  case ir::Outcome::memory_write:
    stop(std::string(step.outcome == ir::Outcome::memory_read ? "read of " : "write to ") + hex(step.fault_address) +
         " at " + hex(step.address));
    return false;
  case ir::Outcome::trapped:
    stop(std::string("trap at ") + hex(step.address) + ": " + std::string(ir::name_of(step.trap)));
    return false;
  case ir::Outcome::unknown:
    stop("instruction without semantics at " + hex(step.address));
    return false;
  case ir::Outcome::out_of_fuel:
    stop("fuel spent at " + hex(step.address) + ": a loop waits for an answer that the machine does not give");
    return false;
  default:
    stop("the machine stopped at " + hex(step.address));
    return false;
  }
}

/// Makes an address readable that nothing gave out. The first pages stay unmapped, as on Windows.
bool Machine::reach_foreign(std::uint64_t address) {
  if (address < null_page || memory().find(address) || ++foreign_pages_ > most_foreign_pages)
    return false;
  memory().add_foreign_page(address);
  return memory().find(address) != nullptr;
}

/// Accesses to the outside, by the instruction and by the calls that led to it: a memory routine of the driver works
/// for the place that called it.
void Machine::touch(std::uint64_t place) {
  constexpr std::uint64_t near = 64; // the next parts of a long access say nothing new
  std::uint64_t previous[2] = {};    // of reads and of writes
  for (const Touch &t : memory().take_touched()) {
    const Region *region = memory().find(t.address);
    if (!region || region->kind != RegionKind::foreign)
      continue;
    const std::uint64_t before = std::exchange(previous[t.write], t.address);
    if (before != 0 && t.address - before <= near)
      continue;
    const std::string_view operation = t.write ? "write" : "read";
    observe_at(place, operation, "addr", t.address);
    for (std::size_t depth = 0; depth < 2 && depth < frames_.size(); ++depth)
      observe_at(frames_[frames_.size() - 1 - depth].call_site, operation, "addr", t.address);
  }
}

bool Machine::is_own_process(std::uint64_t object) const {
  const auto named = store.named_by.find(object);
  return named != store.named_by.end() && named->second == client_process_id;
}

void Machine::observe(std::string argument, std::uint64_t value) {
  observe_at(call_place_, routine_, std::move(argument), value);
}

void Machine::observe_at(std::uint64_t place, std::string_view operation, std::string argument, std::uint64_t value) {
  observe(Observation{.place = place, .argument = std::move(argument), .value = value, .operation = operation});
}

void Machine::observe(Observation observation) {
  constexpr std::size_t most = 4096;
  observation.own_process = observation.own_process || is_own_process(store.attached_process);
  if (goal && goal(observation)) {
    observations.push_back(std::move(observation));
    reached = true;
    return stop("what was looked for has happened");
  }
  if (observations.size() < most)
    observations.push_back(std::move(observation));
}

/// The hardware gives one answer for ever: a loop that asks for another one only ends when its fuel is spent.
void Machine::note_poll(std::uint64_t from) {
  constexpr unsigned most = 256;
  if (++store.polls[{place_, from}] == most)
    stop("a loop at " + hex(place_) + " waits for an answer that the hardware does not give here");
}

// --- the processor
// ----------------------------------------------------------------------------------------------------

bool Machine::sys(ir::SysOp op, ir::Width width, std::span<const std::uint64_t> inputs, ir::Wide &result) {
  constexpr std::uint64_t address_port = 0xcf8, data_port = 0xcfc;
  (void)width;
  const std::string_view name = ir::name_of(op);
  switch (op) {
  case ir::SysOp::rdmsr:
  case ir::SysOp::wrmsr:
  case ir::SysOp::rdpmc:
    observe_at(place_, name, "ecx", inputs[0] & 0xffffffff);
    if (op != ir::SysOp::wrmsr)
      note_poll(inputs[0] & 0xffffffff);
    return true;
  case ir::SysOp::in:
  case ir::SysOp::out: {
    const std::uint64_t port = inputs[0] & 0xffff;
    observe_at(place_, name, "dx", port);
    if (op == ir::SysOp::in)
      note_poll(port);
    if (op == ir::SysOp::out && port == address_port)
      store.configuration_address = inputs[1];
    if (port >= data_port && port < data_port + 4)
      observe_at(place_, name, "configuration address", store.configuration_address);
    return true;
  }
  case ir::SysOp::write_cr:
  case ir::SysOp::write_dr:
    observe_at(place_, name, "value", inputs[1]);
    return true;
  case ir::SysOp::read_cr:
    result.word[0] = inputs[0] == 0 ? 0x80050033 : inputs[0] == 3 ? 0x1aa000 : inputs[0] == 4 ? 0x3506f8 : 0;
    return true;
  case ir::SysOp::cpuid: { // a processor of Intel's family 6
    const std::uint64_t leaf = inputs[0] & 0xffffffff;
    if (leaf == 0)
      result.word = {0x756e6547'00000016, 0x49656e69'6c65746e};
    else if (leaf == 1)
      result.word = {0x00100800'000906ea, 0xbfebfbff'7ffafbff};
    return true;
  }
  case ir::SysOp::rdtsc:
  case ir::SysOp::rdtscp:
    result.word[0] = store.time += 0x10000;
    return true;
  default:
    return true;
  }
}

} // namespace ringfence::replay
