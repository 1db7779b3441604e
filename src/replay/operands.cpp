// Numbers and text that outside routines read and write, and the operands of their models.

#include "machine.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>
#include <utility>

namespace ringfence::replay {

namespace x86 = ir::x86;

namespace {

constexpr std::uint64_t largest_copy = 1u << 20;

} // namespace

std::uint64_t Machine::load(std::uint64_t address, unsigned bytes) {
  if (const auto value = memory().number(address, bytes))
    return *value;
  if (reach_foreign(address))
    reach_foreign(address + bytes - 1);
  if (const auto value = memory().number(address, bytes))
    return *value;
  stop("an outside routine reads " + hex(address));
  return 0;
}

void Machine::save(std::uint64_t address, std::uint64_t value, unsigned bytes) {
  if (!memory().find(address) && !reach_foreign(address))
    return stop("an outside routine writes to " + hex(address));
  if (!memory().find(address + bytes - 1))
    reach_foreign(address + bytes - 1);
  memory().put(address, value, bytes);
}

std::vector<std::byte> Machine::load_bytes(std::uint64_t address, std::uint64_t size) {
  std::vector<std::byte> out;
  if (size > largest_copy) {
    stop("an outside routine reads " + hex(size) + " bytes");
    return out;
  }
  out.reserve(static_cast<std::size_t>(size));
  for (std::uint64_t done = 0; done < size && !stopped_;) {
    const std::uint64_t at = address + done;
    if (!memory().find(at) && !reach_foreign(at)) {
      stop("an outside routine reads " + hex(at));
      break;
    }
    const Region *region = memory().find(at);
    const auto part = static_cast<std::size_t>(std::min(size - done, region->end() - at));
    const std::size_t before = out.size();
    out.resize(before + part);
    memory().read(at, std::span(out).subspan(before, part));
    done += part;
  }
  return out;
}

void Machine::save_bytes(std::uint64_t address, std::span<const std::byte> bytes) {
  for (std::size_t done = 0; done < bytes.size() && !stopped_;) {
    const std::uint64_t at = address + done;
    if (!memory().find(at) && !reach_foreign(at))
      return stop("an outside routine writes to " + hex(at));
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size() - done, memory().find(at)->end() - at));
    memory().write(at, bytes.subspan(done, part));
    done += part;
  }
}

std::u16string Machine::load_wide(std::uint64_t address, std::size_t most) {
  std::u16string out;
  while (out.size() < most && !stopped_) {
    const auto unit = static_cast<char16_t>(load(address + 2 * out.size(), 2));
    if (unit == 0)
      break;
    out.push_back(unit);
  }
  return out;
}

std::string Machine::load_narrow(std::uint64_t address, std::size_t most) {
  std::string out;
  while (out.size() < most && !stopped_) {
    const auto c = static_cast<char>(load(address + out.size(), 1));
    if (c == 0)
      break;
    out.push_back(c);
  }
  return out;
}

std::u16string Machine::load_unicode(std::uint64_t address) {
  std::u16string out;
  if (address == 0)
    return out;
  const std::uint64_t length = load(address, 2), buffer = load(address + pointer(), pointer());
  for (std::uint64_t i = 0; i + 1 < length && buffer != 0 && !stopped_; i += 2)
    out.push_back(static_cast<char16_t>(load(buffer + i, 2)));
  return out;
}

// --- the call that is being handled
// -------------------------------------------------------------------------------------

std::uint64_t Machine::argument(unsigned index) {
  constexpr ir::Register registers[] = {x86::rcx, x86::rdx, x86::r8, x86::r9};
  if (bits_ == 64 && index < 4)
    return interpreter_.scalar(registers[index]);
  return memory().number(interpreter_.scalar(x86::rsp) + pointer() * (index + 1), pointer()).value_or(0);
}

std::uint64_t Machine::parameter(const kernel::Api &api, unsigned index) {
  const auto parameters = api.parameters();
  if (index >= parameters.size() || bits_ == 64)
    return argument(index);
  const kernel::Parameter &p = parameters[index];
  if (p.x86_place == kernel::Parameter::in_ecx)
    return interpreter_.scalar(x86::rcx);
  if (p.x86_place == kernel::Parameter::in_edx)
    return interpreter_.scalar(x86::rdx);
  return memory().number(interpreter_.scalar(x86::rsp) + 4u + p.x86_place, p.x86_bytes > 4 ? 8 : 4).value_or(0);
}

std::uint64_t Machine::place_of_path(const kernel::Api &api, const kernel::AccessPath &path) {
  const std::uint64_t mask = ir::mask_of(ir::address_width(architecture_));
  std::uint64_t at =
      path.root == kernel::PathRoot::return_value ? interpreter_.scalar(x86::rax) : parameter(api, path.index);
  for (unsigned i = 0; i < path.dereferences; ++i) {
    if (i > 0)
      at = load(at, pointer());
    at = (at + path.offsets[i].at(word())) & mask;
  }
  return at;
}

std::uint64_t Machine::result_of_path(const kernel::Api &api, const kernel::AccessPath &path) {
  const unsigned width = path.width.at(word());
  if (path.dereferences > 0) {
    const std::uint64_t at = place_of_path(api, path);
    return at < pointer() * 8u && path.dereferences == 1
               ? 0
               : load(at, width == 1 || width == 2 || width == 4 || width == 8 ? width : pointer());
  }
  const std::uint64_t value = parameter(api, path.index);
  return width != 0 && width < 8 ? value & ((std::uint64_t{1} << (8 * width)) - 1) : value;
}

std::uint64_t Machine::value_of(const kernel::Api &api, const kernel::Operand &operand) {
  const auto added = static_cast<std::uint64_t>(operand.added.at(word()));
  const kernel::AccessPath *path = operand.path();
  if (!path)
    return added;
  constexpr std::size_t longest_text = 0x8000;
  std::uint64_t value = result_of_path(api, *path);
  if (operand.kind == kernel::OperandKind::product)
    value *= result_of_path(api, *operand.second());
  else if (operand.kind == kernel::OperandKind::text_length)
    value = value == 0 ? 0 : load_narrow(value, longest_text).size();
  else if (operand.kind == kernel::OperandKind::wide_text_length)
    value = value == 0 ? 0 : load_wide(value, longest_text).size();
  const bool no_text = value == 0 && (operand.kind == kernel::OperandKind::text_length ||
                                      operand.kind == kernel::OperandKind::wide_text_length);
  return no_text ? 0 : value * operand.scale + added;
}

void Machine::return_from_outside(std::uint64_t result, unsigned popped, bool wide) {
  const std::uint64_t sp = interpreter_.scalar(x86::rsp);
  interpreter_.set_scalar(x86::rax, result);
  if (wide && bits_ == 32)
    interpreter_.set_scalar(x86::rdx, result >> 32);
  interpreter_.registers().instruction_pointer = memory().number(sp, pointer()).value_or(0);
  interpreter_.set_scalar(x86::rsp, sp + pointer() + (bits_ == 32 ? popped : 0));
  while (!frames_.empty() && frames_.back().stack < interpreter_.scalar(x86::rsp))
    frames_.pop_back();
}

bool Machine::enter_outside(const Import &import) {
  if (!import.api) {
    stop("call of " + import.name + ", which has no model, at " + hex(call_place_));
    return false;
  }
  const kernel::Api &api = *import.api;
  if (api.knowledge == kernel::Knowledge::prototype &&
      std::find(assumed.begin(), assumed.end(), import.name) == assumed.end())
    assumed.push_back(import.name);
  routine_ = api.name.view();
  OutsideCall outside{*this, api, std::nullopt};
  outside.apply();
  if (memory().has_touched())
    touch(call_place_);
  if (stopped_)
    return false;
  const std::uint64_t otherwise = outside.failed                                 ? api.failure_value
                                  : api.returns.type == kernel::TypeClass::void_ ? 0
                                                                                 : api.success_value;
  return_from_outside(outside.result.value_or(otherwise), api.x86_callee_pops, api.returns.bytes.at(word()) == 8);
  return true;
}

/// IoCreateDeviceSecure is linked statically from wdmsec.lib: a routine of the driver that gets the driver object, a
/// descriptor's text and a place for the new device is taken for it, whatever its body.
bool Machine::library_routine(std::uint64_t target) {
  if (store.driver_object == 0 || argument(0) != store.driver_object || !is_code(target))
    return false;
  const std::uint64_t name = argument(2), sddl = argument(6), result = argument(8);
  if (!memory().find(sddl) || !memory().find(result) || !memory().number(sddl, pointer() * 2u > 8 ? 8 : pointer()))
    return false;
  const auto length = memory().number(sddl, 2), buffer = memory().number(sddl + pointer(), pointer());
  if (!length || !buffer || *length < 4 || !memory().find(*buffer) || memory().number(*buffer + 2, 2) != u':')
    return false;
  const std::u16string text = load_unicode(sddl);
  if (std::u16string_view(u"DOGS").find(text[0]) == std::u16string_view::npos)
    return false;
  std::string device_name;
  if (memory().find(name))
    for (const char16_t unit : load_unicode(name))
      device_name.push_back(unit < 0x80 ? static_cast<char>(unit) : '?');
  const std::uint64_t device = make_device(*this, std::move(device_name), static_cast<std::uint32_t>(argument(3)),
                                           static_cast<std::uint32_t>(argument(4)), argument(1) & 0xffffffff);
  save(result, device, pointer());
  return_from_outside(0, 9 * 4, false);
  return true;
}

} // namespace ringfence::replay
