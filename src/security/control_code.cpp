#include <ringfence/security/control_code.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <array>

namespace ringfence::security {
namespace {

// `types` and `codes`, generated from models/codes.
#include "control_code_names.inc"
static_assert(std::ranges::is_sorted(types, {}, &NamedNumber::value));
static_assert(std::ranges::is_sorted(codes, {}, &NamedNumber::value));

constexpr std::array<std::string_view, 4> methods = {"METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT",
                                                     "METHOD_NEITHER"};
constexpr std::array<std::string_view, 4> accesses = {"FILE_ANY_ACCESS", "FILE_READ_DATA", "FILE_WRITE_DATA",
                                                      "FILE_READ_DATA | FILE_WRITE_DATA"};

std::string_view find(std::span<const NamedNumber> table, std::uint32_t value) {
  const auto found = std::ranges::lower_bound(table, value, {}, &NamedNumber::value);
  return found != table.end() && found->value == value ? found->name : std::string_view{};
}

std::optional<std::uint32_t> small_number(std::string_view text) {
  const auto number = parse_unsigned(text);
  return number && *number <= 0xffffffffu ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

std::optional<std::uint32_t> access_from_text(std::string_view text) {
  std::uint32_t access = 0;
  for (std::string_view part : split(text, '|')) {
    part = trim(part);
    if (part == "FILE_ANY_ACCESS" || part == "FILE_SPECIAL_ACCESS")
      continue;
    if (part == "FILE_READ_DATA" || part == "FILE_READ_ACCESS")
      access |= 1;
    else if (part == "FILE_WRITE_DATA" || part == "FILE_WRITE_ACCESS")
      access |= 2;
    else if (const auto number = small_number(part); number && *number < 4)
      access |= *number;
    else
      return std::nullopt;
  }
  return access;
}

} // namespace

std::string_view name_of(TransferMethod method) { return methods[static_cast<std::size_t>(method)]; }
std::string_view required_access_name(AccessMask required) { return accesses[required & 3]; }
std::span<const NamedNumber> device_types() { return types; }
std::string_view device_type_name(std::uint32_t type) { return find(types, type); }
std::span<const NamedNumber> public_control_codes() { return codes; }
std::string_view control_code_name(ControlCode code) { return find(codes, code.value); }

std::optional<std::uint32_t> device_type_from_text(std::string_view text) {
  if (const auto number = small_number(text))
    return number;
  constexpr std::string_view prefix = "FILE_DEVICE_";
  if (ascii_istarts_with(text, prefix))
    text.remove_prefix(prefix.size());
  for (const NamedNumber &type : types)
    if (ascii_iequals(type.name.substr(prefix.size()), text))
      return type.value;
  return std::nullopt;
}

std::optional<ControlCode> control_code_from_text(std::string_view text) {
  text = trim(text);
  if (const auto number = small_number(text))
    return ControlCode{*number};
  for (const NamedNumber &code : codes)
    if (code.name == text)
      return ControlCode{code.value};
  if (!text.starts_with("CTL_CODE(") || !text.ends_with(')'))
    return std::nullopt;
  const auto parts = split(text.substr(9, text.size() - 10), ',');
  if (parts.size() != 4)
    return std::nullopt;
  const auto type = device_type_from_text(trim(parts[0]));
  const auto function = small_number(trim(parts[1]));
  const auto method = std::ranges::find(methods, trim(parts[2]));
  const auto access = access_from_text(parts[3]);
  if (!type || *type > 0xffff || !function || *function > 0xfff || method == methods.end() || !access)
    return std::nullopt;
  return control_code(*type, *function, static_cast<TransferMethod>(method - methods.begin()), *access);
}

bool validate_control_access(AccessMask granted, AccessMask required, bool kernel_requestor) {
  return kernel_requestor || (granted & required & 3) == (required & 3);
}

bool handle_admits(AccessMask granted, ControlCode code, bool kernel_requestor) {
  return validate_control_access(granted, code.required_access(), kernel_requestor);
}

} // namespace ringfence::security
