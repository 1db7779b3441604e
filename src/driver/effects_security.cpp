// Security: checks of the caller, descriptors that code builds in memory, and the device objects they are put on.

#include "world.h"

#include <ringfence/base/text.h>
#include <ringfence/security/sddl.h>
#include <ringfence/security/security_descriptor.h>
#include <ringfence/security/token.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using symbolic::Expr;
using symbolic::State;

namespace {

constexpr std::uint16_t dacl_present = 0x0004, sacl_present = 0x0010, self_relative = 0x8000;
constexpr std::uint64_t acl_header = 8, ace_header = 8, sid_header = 8;

/// SECURITY_DESCRIPTOR and ACL of the analysed machine, read and written in place.
class Descriptors {
public:
  Descriptors(Machine &machine, State &state) : machine_(machine), state_(state), pointer_(machine.bits() / 8) {}

  std::optional<std::uint64_t> read(std::uint64_t at, unsigned bytes) { return machine_.read(state_, at, bytes); }
  void write(std::uint64_t at, std::uint64_t value, unsigned bytes) {
    if (const auto object = machine_.objects().at(at))
      machine_.store(state_, *object, at - machine_.objects()[*object].base, value, bytes);
  }
  void forget(std::uint64_t at, unsigned bytes) {
    if (const auto object = machine_.objects().at(at))
      machine_.store(state_, *object, at - machine_.objects()[*object].base,
                     machine_.pool().symbol(bytes * 8, symbolic::label_unknown, "descriptor"));
  }
  /// Places of the members that point to parts: owner, group, SACL, DACL.
  std::uint64_t part(unsigned index) const { return (pointer_ == 8 ? 8 : 4) + index * std::uint64_t{pointer_}; }

  void initialize(std::uint64_t at);
  void set_part(std::uint64_t at, unsigned index, std::uint16_t present, std::optional<std::uint64_t> value);
  void initialize_acl(std::uint64_t at, std::uint64_t size);
  void add_ace(std::uint64_t acl, std::uint8_t type, std::uint64_t flags, std::optional<std::uint64_t> mask,
               std::optional<std::uint64_t> sid);
  void add_aces(std::uint64_t acl, std::uint64_t from, std::uint64_t size);
  std::optional<std::uint64_t> sid_size(std::uint64_t sid);
  /// The self-relative form; nothing when a part is not known.
  std::optional<std::vector<std::byte>> bytes_of(std::uint64_t at);
  std::optional<std::vector<std::byte>> copy(std::uint64_t at, std::uint64_t size);

private:
  std::optional<std::uint64_t> end_of(std::uint64_t acl);

  Machine &machine_;
  State &state_;
  unsigned pointer_;
};

void Descriptors::initialize(std::uint64_t at) {
  const std::uint64_t size = part(4);
  for (std::uint64_t i = 0; i < size; i += 4)
    write(at + i, 0, 4);
  write(at, 1, 1);
}

void Descriptors::set_part(std::uint64_t at, unsigned index, std::uint16_t present,
                           std::optional<std::uint64_t> value) {
  const auto control = read(at + 2, 2);
  if (control)
    write(at + 2, *control | present, 2);
  if (value)
    write(at + part(index), *value, pointer_);
  else
    forget(at + part(index), pointer_);
}

void Descriptors::initialize_acl(std::uint64_t at, std::uint64_t size) {
  write(at, 2, 2);
  write(at + 2, size & 0xffff, 2);
  write(at + 4, 0, 4);
}

std::optional<std::uint64_t> Descriptors::sid_size(std::uint64_t sid) {
  const auto count = read(sid + 1, 1);
  return count && *count <= 15 ? std::optional(sid_header + 4 * *count) : std::nullopt;
}

/// The place behind the last ACE.
std::optional<std::uint64_t> Descriptors::end_of(std::uint64_t acl) {
  const auto count = read(acl + 4, 2);
  if (!count || *count > 256)
    return std::nullopt;
  std::uint64_t at = acl + acl_header;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto size = read(at + 2, 2);
    if (!size || *size < ace_header)
      return std::nullopt;
    at += *size;
  }
  return at;
}

void Descriptors::add_ace(std::uint64_t acl, std::uint8_t type, std::uint64_t flags, std::optional<std::uint64_t> mask,
                          std::optional<std::uint64_t> sid) {
  const auto end = end_of(acl);
  const auto size = sid ? sid_size(*sid) : std::nullopt;
  const auto body = size ? copy(*sid, *size) : std::nullopt;
  if (!end || !body || !mask)
    return forget(acl + 4, 2); // an entry that is not known: so is the whole list
  write(*end, type, 1);
  write(*end + 1, flags & 0xff, 1);
  write(*end + 2, ace_header + body->size(), 2);
  write(*end + 4, *mask & 0xffffffffu, 4);
  for (std::size_t i = 0; i < body->size(); ++i)
    write(*end + ace_header + i, std::to_integer<std::uint64_t>((*body)[i]), 1);
  write(acl + 4, *read(acl + 4, 2) + 1, 2);
}

void Descriptors::add_aces(std::uint64_t acl, std::uint64_t from, std::uint64_t size) {
  const auto end = end_of(acl);
  const auto body = copy(from, size);
  if (!end || !body)
    return forget(acl + 4, 2);
  std::uint64_t count = 0;
  for (std::size_t at = 0; at + 4 <= body->size(); ++count) {
    const std::size_t step =
        std::to_integer<std::size_t>((*body)[at + 2]) | std::to_integer<std::size_t>((*body)[at + 3]) << 8;
    at += std::max<std::size_t>(step, ace_header);
  }
  for (std::size_t i = 0; i < body->size(); ++i)
    write(*end + i, std::to_integer<std::uint64_t>((*body)[i]), 1);
  write(acl + 4, *read(acl + 4, 2) + count, 2);
}

std::optional<std::vector<std::byte>> Descriptors::copy(std::uint64_t at, std::uint64_t size) {
  std::vector<std::byte> out;
  for (std::uint64_t i = 0; i < size && i < 0x1000; ++i) {
    const auto one = read(at + i, 1);
    if (!one)
      return std::nullopt;
    out.push_back(static_cast<std::byte>(*one));
  }
  return out;
}

std::optional<std::vector<std::byte>> Descriptors::bytes_of(std::uint64_t at) {
  const auto control = read(at + 2, 2);
  if (!control)
    return std::nullopt;
  const bool relative = (*control & self_relative) != 0;
  std::vector<std::byte> out(20);
  const auto put = [&](std::size_t offset, std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
      out[offset + i] = static_cast<std::byte>(value >> (8 * i));
  };
  put(0, 1, 1);
  put(2, *control | self_relative, 2);
  for (unsigned index = 0; index < 4; ++index) { // owner, group, SACL, DACL
    if ((index == 2 && (*control & sacl_present) == 0) || (index == 3 && (*control & dacl_present) == 0))
      continue;
    const auto place = relative ? read(at + 4 + 4 * index, 4) : read(at + part(index), pointer_);
    if (!place)
      return std::nullopt;
    if (*place == 0)
      continue;
    const std::uint64_t from = relative ? at + *place : *place;
    const auto end = index < 2 ? std::nullopt : end_of(from);
    const auto size = index < 2 ? sid_size(from) : end ? std::optional(*end - from) : std::nullopt;
    auto bytes = size ? copy(from, *size) : std::nullopt;
    if (!bytes)
      return std::nullopt;
    put(4 + 4 * index, out.size(), 4);
    const std::size_t start = out.size();
    out.insert(out.end(), bytes->begin(), bytes->end());
    if (index >= 2) // the list's room may be larger than what it holds
      put(start + 2, bytes->size(), 2);
  }
  return out;
}

} // namespace

std::optional<std::string> World::descriptor_text(State &state, std::uint64_t address) {
  const auto bytes = Descriptors(machine_, state).bytes_of(address);
  const auto parsed =
      bytes ? security::parse_security_descriptor(*bytes) : Result<security::SecurityDescriptor>(Error{});
  if (!parsed)
    return std::nullopt;
  auto text = security::format_sddl(*parsed);
  if (!text)
    return std::nullopt;
  return text->empty() ? "D:NO_ACCESS_CONTROL" : *text;
}

void World::build_descriptor(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome,
                             std::uint64_t pc) {
  Descriptors descriptors(machine_, state);
  const auto value = [&](Key key) -> std::optional<std::uint64_t> {
    const kernel::Operand *found = effect.find(key);
    const Expr e = found ? value_of(state, api, *found, pc) : Expr(0);
    return found && pool().is_constant(e) ? std::optional(pool().value(e)) : std::nullopt;
  };
  const auto place = [&](Key key) -> std::optional<std::uint64_t> {
    const kernel::Operand *found = effect.find(key);
    const auto e = found ? place_of(state, api, *found, pc) : std::nullopt;
    return e && pool().is_constant(*e) && pool().value(*e) != 0 ? std::optional(pool().value(*e)) : std::nullopt;
  };
  const auto produce = [&](Expr result) { write_operand(state, api, effect, Key::result, result, outcome, pc); };
  const auto at = place(Key::at);
  switch (effect.kind) {
  case Kind::default_:
    return make_default_descriptor(state, api, effect, outcome, pc);
  case Kind::sub_authority: // the place of one number in a SID
    if (const auto sid = value(Key::at), index = value(Key::value); sid && index)
      produce(machine_.pointer(*sid + sid_header + 4 * (*index & 0xff)));
    else
      produce(fresh(machine_.bits(), symbolic::label_unknown, api.name.view()));
    return;
  case Kind::length: {
    const auto size = at && api.name.view() == "RtlLengthSid" ? descriptors.sid_size(*at) : std::nullopt;
    produce(size ? machine_.pointer(*size) : fresh(machine_.bits(), 0, api.name.view()));
    return;
  }
  default:
    break;
  }
  if (!at)
    return;
  switch (effect.kind) {
  case Kind::initialize:
    return descriptors.initialize(*at);
  case Kind::set_owner:
  case Kind::set_group:
    return descriptors.set_part(*at, effect.kind == Kind::set_owner ? 0 : 1, 0, value(Key::value));
  case Kind::set_sacl:
  case Kind::set_dacl: {
    const bool present = (value(Key::flags).value_or(1) & 0xff) != 0;
    const bool dacl = effect.kind == Kind::set_dacl;
    descriptors.set_part(*at, dacl ? 3 : 2, present ? (dacl ? dacl_present : sacl_present) : 0, value(Key::value));
    if (dacl)
      log(state, {.kind = EventKind::descriptor,
                  .pc = pc,
                  .object = *at,
                  .text = descriptor_text(state, *at).value_or(std::string()),
                  .text2 = "code"});
    return;
  }
  case Kind::initialize_acl:
    return descriptors.initialize_acl(*at, value(Key::size).value_or(0x400));
  case Kind::add_allowed_ace:
  case Kind::add_denied_ace:
    return descriptors.add_ace(*at, effect.kind == Kind::add_denied_ace ? 1 : 0, value(Key::flags).value_or(0),
                               value(Key::access), value(Key::value));
  case Kind::add_ace:
    if (const auto from = place(Key::from), size = value(Key::size); from && size)
      return descriptors.add_aces(*at, *from, *size);
    return descriptors.forget(*at + 4, 2);
  case Kind::initialize_sid: {
    const auto from = place(Key::from);
    const auto authority = from ? descriptors.copy(*from, 6) : std::nullopt;
    descriptors.write(*at, 1, 1);
    descriptors.write(*at + 1, value(Key::value).value_or(0) & 0xff, 1);
    for (std::size_t i = 0; i < 6; ++i)
      authority ? descriptors.write(*at + 2 + i, std::to_integer<std::uint64_t>((*authority)[i]), 1)
                : descriptors.forget(*at + 2 + i, 1);
    return;
  }
  case Kind::copy_sid:
  case Kind::absolute_to_self_relative: {
    const auto from = place(Key::from);
    const auto size = from && effect.kind == Kind::copy_sid ? descriptors.sid_size(*from) : std::nullopt;
    const auto bytes = size                                    ? descriptors.copy(*from, *size)
                       : from && effect.kind != Kind::copy_sid ? descriptors.bytes_of(*from)
                                                               : std::nullopt;
    if (!bytes)
      return descriptors.forget(*at, 8);
    for (std::size_t i = 0; i < bytes->size(); ++i)
      descriptors.write(*at + i, std::to_integer<std::uint64_t>((*bytes)[i]), 1);
    if (effect.find(Key::result))
      produce(pool().constant(bytes->size(), 32));
    return;
  }
  case Kind::get_dacl:
  case Kind::get_sacl:
  case Kind::get_owner:
  case Kind::get_group: {
    const unsigned index = effect.kind == Kind::get_owner   ? 0
                           : effect.kind == Kind::get_group ? 1
                           : effect.kind == Kind::get_sacl  ? 2
                                                            : 3;
    const auto control = descriptors.read(*at + 2, 2);
    const bool relative = control && (*control & self_relative) != 0;
    const auto part = !control   ? std::nullopt
                      : relative ? descriptors.read(*at + 4 + 4 * index, 4)
                                 : descriptors.read(*at + descriptors.part(index), machine_.bits() / 8);
    return produce(part ? machine_.pointer(relative && *part != 0 ? *at + *part : *part)
                        : fresh(machine_.bits(), symbolic::label_unknown, api.name.view()));
  }
  case Kind::capture:
    if (const auto from = place(Key::from)) // a copy of the same content
      return executor_.store(state, machine_.pointer(*at), machine_.pointer(*from), pc);
    return;
  default:
    return;
  }
}

/// ObSetSecurityObjectByPointer, ZwSetSecurityObject: the object is one of the driver's devices, or a handle to one.
void World::set_descriptor(State &state, const kernel::Api &api, const Effect &effect, std::uint64_t pc) {
  constexpr std::uint64_t dacl_information = 4;
  const Expr object = operand(state, api, effect, Key::object, pc, 0);
  const Expr type = operand(state, api, effect, Key::type, pc, dacl_information);
  if (pool().is_constant(type) && (pool().value(type) & dacl_information) == 0)
    return;
  std::uint64_t device = pool().is_constant(object) ? pool().value(object) : 0;
  std::string name;
  for (const Event *event : log_of(state))
    if (event->kind == EventKind::opened && event->b != 0 && event->b == object.value) {
      device = event->object;
      name = event->text;
    }
  const Expr descriptor = operand(state, api, effect, Key::descriptor, pc, 0);
  std::string text;
  if (pool().is_constant(descriptor))
    text = descriptor_text(state, pool().value(descriptor)).value_or(std::string());
  log(state, {.kind = EventKind::descriptor_set,
              .pc = pc,
              .object = device,
              .text = std::move(name),
              .text2 = std::move(text)});
}

void World::apply_gate(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome, std::uint64_t pc) {
  const unsigned bits = machine_.bits();
  if (effect.kind == Kind::previous_mode ||
      effect.kind == Kind::requestor_mode) // callers in kernel mode are not what is asked about
    return write_operand(state, api, effect, Key::result, pool().constant(1, bits), outcome, pc);
  const Expr answer = fresh(bits, symbolic::label_process, api.name.view());
  std::string text(api.name.view());
  std::uint64_t granted = 0, choice = 0;
  switch (effect.kind) {
  case Kind::protected_process: // of which object of the caller's choice
    choice = choice_behind(operand(state, api, effect, Key::at, pc, 0)).value;
    break;
  case Kind::wow64:
    return write_operand(state, api, effect, Key::result, answer, outcome, pc);
  case Kind::privilege: {
    granted = 1;
    std::optional<std::uint64_t> luid;
    if (const kernel::Operand *value = effect.find(Key::access)) {
      const Expr e = value_of(state, api, *value, pc);
      luid = pool().is_constant(e) ? std::optional(pool().value(e) & 0xffffffffu) : std::nullopt;
    } else if (const kernel::Operand *set =
                   effect.find(Key::at)) { // PRIVILEGE_SET: count, control, then LUIDs with attributes
      const auto at = place_of(state, api, *set, pc);
      luid = at && pool().is_constant(*at) ? machine_.read(state, pool().value(*at) + 8, 4) : std::nullopt;
    }
    if (luid && *luid < 64)
      text += "(" + std::string(security::name_of(static_cast<security::Privilege>(*luid))) + ")";
    break;
  }
  case Kind::access: {
    granted = 1;
    const Expr at = operand(state, api, effect, Key::at, pc, 0);
    if (const auto sddl = pool().is_constant(at) ? descriptor_text(state, pool().value(at)) : std::nullopt)
      text += "(" + *sddl + ")";
    break;
  }
  case Kind::device_access: {
    granted = 2; // a status: zero lets the caller pass
    const Expr rights = operand(state, api, effect, Key::access, pc, 0);
    if (pool().is_constant(rights))
      text += "(" + hex(pool().value(rights) & 3) + ")";
    break;
  }
  case Kind::admin:
    granted = 1;
    break;
  default:
    break;
  }
  log(state,
      {.kind = EventKind::gate, .pc = pc, .a = choice, .b = answer.value, .c = granted, .text = std::move(text)});
  write_operand(state, api, effect, Key::result, answer, outcome, pc);
}

} // namespace ringfence::driver
