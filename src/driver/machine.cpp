#include "machine.h"

#include "security_exports.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <set>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectId;
using symbolic::ObjectKind;
using symbolic::State;

namespace {

constexpr std::uint64_t import_step = 16;
constexpr std::size_t longest_text = 2048;

} // namespace

Machine::Machine(const image::Image &image, ir::Architecture architecture)
    : image_(image), architecture_(architecture), cache_(image), recogniser_(cache_), objects_(pool_),
      import_base_(architecture == ir::Architecture::x86 ? 0xfe000000u : 0xfffff880'00000000u) {
  if (bits() == 32)
    objects_.set_area(0x88000000, 0x4000);
  else
    objects_.set_area(0xffffa000'5d000000u, 0x10000);
  map_sections();
}

std::optional<MemoryRoutine> Machine::recognise_memory_routine(std::uint64_t address) {
  const auto idiom = recogniser_.recognise(address);
  if (!idiom)
    return std::nullopt;
  MemoryRoutine routine{.entry = address, .kind = idiom->kind, .returns_destination = idiom->returns_destination};
  routine.popped = popped_by(address); // a leaf: nothing but returns ends it
  return routine;
}

const MemoryRoutine *Machine::memory_routine_at(std::uint64_t address) {
  const auto known = memory_routines_.find(address);
  const auto &routine = known != memory_routines_.end()
                            ? known->second
                            : memory_routines_.emplace(address, recognise_memory_routine(address)).first->second;
  return routine ? &*routine : nullptr;
}

void Machine::map_sections() {
  const std::uint64_t base = image_.headers().image_base;
  for (const image::Section &section : image_.sections())
    objects_.add({.kind = ObjectKind::image,
                  .fill = Fill::bytes,
                  .writable = section.writable(),
                  .base = base + section.rva.value,
                  .size = std::max<std::uint64_t>(section.extent(), 1),
                  .bytes = section.data,
                  .name = std::string(section.name)},
                 section.writable() ? static_cast<std::uint32_t>(symbolic::label_persistent) : 0);
}

std::uint64_t Machine::address_of_import(std::string_view name, std::string_view module, const kernel::Api *api,
                                         bool at_run_time) {
  const auto known = import_addresses_.find(name);
  if (known != import_addresses_.end())
    return known->second;
  const std::uint64_t address = import_base_ + import_step * imports_.size();
  imports_.push_back({std::string(name), std::string(module), api, at_run_time});
  import_addresses_.emplace(name, address);
  return address;
}

const Import *Machine::import_at(std::uint64_t address) const {
  if (address < import_base_ || (address - import_base_) % import_step != 0)
    return nullptr;
  const std::uint64_t index = (address - import_base_) / import_step;
  return index < imports_.size() ? &imports_[static_cast<std::size_t>(index)] : nullptr;
}

const code::Program &Machine::program() const {
  if (!program_)
    program_ = std::make_unique<code::Program>(code::discover(image_, code::Seeds::code));
  return *program_;
}

/// Of the first return that a walk from the entry meets, as if every call came back.
std::optional<unsigned> Machine::popped_at_first_return(std::uint64_t routine) {
  constexpr std::size_t most = 512; // blocks
  std::vector<std::uint64_t> open{routine};
  for (std::set<std::uint64_t> seen; !open.empty() && seen.size() < most;) {
    const std::uint64_t at = open.back();
    open.pop_back();
    const ir::Block *const block = seen.insert(at).second ? block_at(at) : nullptr;
    const ir::Op *const end = block ? body().terminator(*block) : nullptr;
    if (end && end->code == ir::Opcode::ret)
      return static_cast<unsigned>(end->imm);
    if (block)
      code::add_successors(body(), *block, open);
  }
  return std::nullopt;
}

/// The same where returns stand behind computed jumps: from the whole program, which takes its time.
unsigned Machine::popped_by_function(std::uint64_t routine) const {
  const auto function = program().function_at(routine);
  if (!function)
    return 0;
  const ir::Body &found = program().body();
  for (const ir::BlockId block : program().blocks_of(program().function(*function)))
    if (const ir::Op *end = found.terminator(found.block(block)); end && end->code == ir::Opcode::ret)
      return static_cast<unsigned>(end->imm);
  return 0;
}

unsigned Machine::popped_by(std::uint64_t routine) {
  if (bits() != 32)
    return 0;
  const auto [known, is_new] = popped_.try_emplace(routine);
  if (is_new) {
    const auto popped = popped_at_first_return(routine);
    known->second = popped ? *popped : popped_by_function(routine);
  }
  return known->second;
}

/// The loader gives the security cookie a random value; newer entry stubs stop when it still has the default.
void Machine::seed_security_cookie(State &state) {
  const auto &config = image_.load_config();
  if (!config || !config->security_cookie)
    return;
  const std::uint64_t address = image_.headers().image_base + config->security_cookie->value;
  if (const auto object = objects_.at(address))
    store(state, *object, address - objects_[*object].base, bits() == 32 ? 0x7a3c51e9u : 0x0000'5e19'7a3c'51e9u,
          bits() / 8);
}

void Machine::bind_imports(State &state) {
  const std::uint64_t base = image_.headers().image_base;
  for (const image::ImportedModule &module : image_.imports().modules)
    for (const image::ImportedSymbol &symbol : image_.imports().symbols_of(module)) {
      const auto slot = objects_.at(base + symbol.slot.value);
      if (!slot)
        continue;
      const std::string name = symbol.by_ordinal ? std::string(module.name) + "#" + std::to_string(symbol.ordinal)
                                                 : std::string(symbol.name);
      std::uint64_t address = 0;
      if (const kernel::DataExport *data = kernel::find_data_export(name); data && !kernel::find_api(name)) {
        const ObjectId variable = new_object(name, 64, ObjectKind::kernel, Fill::lazy, symbolic::label_kernel);
        address = objects_[variable].base;
        if (name == "MmUserProbeAddress" || name == "MmHighestUserAddress" ||
            name == "MmSystemRangeStart") // the same on every machine
          store(state, variable, 0, bits() == 32 ? data->value_x86 : data->value_x64, bits() / 8);
        if (name == "SeExports")
          store(state, variable, 0, make_security_exports(*this, state), bits() / 8);
      } else {
        address = address_of_import(name, module.name, kernel::find_api(name), false);
      }
      store(state, *slot, base + symbol.slot.value - objects_[*slot].base, address, bits() / 8);
    }
}

bool Machine::is_guarded(std::uint64_t address) const {
  const auto rva = rva_of(address);
  if (!rva)
    return false;
  const auto &functions = image_.unwind().functions;
  const auto after = std::upper_bound(functions.begin(), functions.end(), *rva,
                                      [](Rva at, const image::RuntimeFunction &f) { return at < f.begin; });
  if (after == functions.begin() || std::prev(after)->end <= *rva)
    return false;
  const image::RuntimeFunction function = image::primary_function(image_, *std::prev(after));
  const auto known = scopes_.find(function.begin.value);
  const auto read = [&] {
    const auto record = image::unwind_record(image_, function);
    auto scopes = record && record->handler ? image::scope_table(image_, *record)
                                            : Result<std::vector<image::ScopeEntry>>(std::vector<image::ScopeEntry>());
    return scopes ? std::move(*scopes) : std::vector<image::ScopeEntry>();
  };
  const auto &scopes =
      known != scopes_.end() ? known->second : scopes_.emplace(function.begin.value, read()).first->second;
  return std::any_of(scopes.begin(), scopes.end(), [&](const image::ScopeEntry &s) {
    return s.begin <= *rva && *rva < s.end && s.target.value != 0;
  });
}

Expr Machine::load(const State &state, ObjectId object, std::uint64_t offset, unsigned bytes) {
  return state.memory.load(pool_, objects_, object, offset, bytes);
}

void Machine::store(State &state, ObjectId object, std::uint64_t offset, Expr value) {
  state.memory.store(pool_, object, offset, value);
}

void Machine::store(State &state, ObjectId object, std::uint64_t offset, std::uint64_t value, unsigned bytes) {
  store(state, object, offset, pool_.constant(value, bytes * 8));
}

ObjectId Machine::new_object(std::string name, std::uint64_t size, ObjectKind kind, Fill fill, std::uint32_t labels) {
  return objects_.allocate({.kind = kind, .fill = fill, .size = size, .name = std::move(name)}, labels);
}

std::optional<std::uint64_t> Machine::read(const State &state, std::uint64_t address, unsigned bytes) {
  const auto object = objects_.at(address);
  if (!object)
    return std::nullopt;
  const Expr value = load(state, *object, address - objects_[*object].base, bytes);
  return pool_.is_constant(value) ? std::optional(pool_.value(value)) : std::nullopt;
}

std::optional<std::string> Machine::read_text(const State &state, std::uint64_t address) {
  std::string out;
  for (std::size_t i = 0; i < longest_text; ++i) {
    const auto c = read(state, address + i, 1);
    if (!c)
      return std::nullopt;
    if (*c == 0)
      return out;
    out.push_back(static_cast<char>(*c));
  }
  return std::nullopt;
}

std::optional<std::string> Machine::read_wide_text(const State &state, std::uint64_t address, std::size_t units) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < std::min(units, longest_text); ++i) {
    const auto c = read(state, address + 2 * i, 2);
    if (!c)
      return std::nullopt;
    if (*c == 0)
      break;
    bytes.push_back(static_cast<std::byte>(*c & 0xff));
    bytes.push_back(static_cast<std::byte>(*c >> 8));
  }
  return utf8_from_utf16(bytes);
}

std::optional<std::u16string> Machine::read_units(const State &state, std::uint64_t address, unsigned unit,
                                                  std::size_t most) {
  std::u16string out;
  for (std::size_t i = 0; i < most; ++i) {
    const auto c = i < longest_text ? read(state, address + unit * i, unit) : std::nullopt;
    if (!c)
      return std::nullopt;
    if (*c == 0)
      break;
    out.push_back(static_cast<char16_t>(*c));
  }
  return out;
}

std::optional<std::string> Machine::read_guid(const State &state, std::uint64_t address) {
  std::string out = "{";
  const auto add = [&](std::uint64_t at, unsigned bytes) {
    const auto part = read(state, address + at, bytes);
    out += part ? hex(*part, bytes * 2).substr(2) : "?";
    return part.has_value();
  };
  bool known = add(0, 4);
  for (const std::uint64_t at : {4u, 6u}) {
    out += '-';
    known = known && add(at, 2);
  }
  for (std::uint64_t i = 0; i < 8; ++i) {
    out += i == 0 || i == 2 ? "-" : "";
    known = known && add(8 + i, 1);
  }
  return known ? std::optional(out + "}") : std::nullopt;
}

std::optional<std::string> Machine::read_unicode_string(const State &state, std::uint64_t address) {
  const unsigned pointer_bytes = bits() / 8;
  const auto length = read(state, address, 2);
  const auto buffer = read(state, address + pointer_bytes, pointer_bytes);
  if (!length || !buffer)
    return std::nullopt;
  return read_wide_text(state, *buffer, static_cast<std::size_t>(*length / 2));
}

} // namespace ringfence::driver
