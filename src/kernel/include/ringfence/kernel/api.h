// API models: what an imported routine takes, returns and does, as data. One entry per export name; the verbs,
// their operands and their kinds are the closed vocabulary of models/vocabulary.toml, compiled from models/*.toml
// at build time. An interpreter that knows the verbs needs no code per API.
// Spec: docs/add-an-api-model.md, docs/kernel-models.md.
#pragma once

#include <ringfence/kernel/text_reference.h>
#include <ringfence/kernel/vocabulary.h>
#include <ringfence/kernel/word_size.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringfence::kernel {

enum class CallingConvention : std::uint8_t { stdcall_call, cdecl_call, fastcall_call };
enum class Direction : std::uint8_t { in, out, inout };

/// C type classes; the order is that of tools/kernel_tables/vocabulary.py.
enum class TypeClass : std::uint8_t {
  void_,
  bool_,
  char_,
  wchar_,
  i8,
  u8,
  i16,
  u16,
  i32,
  u32,
  i64,
  u64,
  status, ///< NTSTATUS
  uptr,   ///< SIZE_T, ULONG_PTR
  iptr,
  handle,
  float_,
  double_,
  large_integer, ///< LARGE_INTEGER or PHYSICAL_ADDRESS: 8 bytes, by value two stack slots on x86
  structure,     ///< by value
  pointer,
  callback, ///< pointer to a function of the driver
};

struct Type {
  TypeClass type;
  TypeClass pointee;         ///< of a pointer; TypeClass::pointer for more than one indirection
  std::uint8_t indirections; ///< number of `*`
  CallbackRole role;         ///< of a callback
  Text structure;            ///< structure or opaque object behind the pointer, or empty
  PerWord bytes;             ///< size of a value of this type
  PerWord pointee_bytes;     ///< size of what a pointer points to; 0 when unknown (void, opaque)

  bool is_pointer() const { return type == TypeClass::pointer || type == TypeClass::callback; }
};

struct Parameter {
  Text name;
  Direction direction;
  bool optional;
  std::uint8_t x86_bytes; ///< stack bytes, a multiple of 4
  std::uint8_t x86_place; ///< offset from the first stack argument, or in_ecx, or in_edx
  Type type;

  static constexpr std::uint8_t in_ecx = 0xfc;
  static constexpr std::uint8_t in_edx = 0xfd;
};

enum class PathRoot : std::uint8_t { argument, return_value, varargs };

/// `Argument*[0].Buffer*`: start at the root's value; for each dereference load a pointer-sized address (the
/// first time the root's value itself, then the word at the place reached) and add the offset. With no
/// dereference the path names the value of the root; with n it names memory at the last address.
struct AccessPath {
  PathRoot root;
  std::uint8_t index;        ///< of the argument; for varargs the number of named parameters
  std::uint8_t dereferences; ///< 0 to 3
  std::array<PerWord, 3> offsets;
  PerWord width; ///< bytes of the named value, 0 for memory of unknown extent
  Text text;     ///< as the model writes it
};

enum class OperandKind : std::uint8_t {
  constant,         ///< added only
  path,             ///< scale * path + added
  product,          ///< scale * path * second + added
  text_length,      ///< scale * (bytes before the NUL of the text the path points to) + added
  wide_text_length, ///< scale * (16-bit units before the NUL) + added
};

struct PerWordConstant {
  std::int64_t x64;
  std::int64_t x86;
  constexpr std::int64_t at(WordSize word) const { return word == WordSize::bits64 ? x64 : x86; }
};

struct Operand {
  OperandKind kind;
  std::uint16_t path_index;   ///< 0xffff: none
  std::uint16_t second_index; ///< 0xffff: none
  std::uint32_t scale;
  PerWordConstant added;
  Text text;

  /// Null for a constant.
  const AccessPath *path() const;
  /// The second factor of a product, else null.
  const AccessPath *second() const;
};

struct EffectOperand {
  Key key;
  std::uint16_t operand_index;
  const Operand &operand() const;
};

struct Effect {
  Verb verb;
  Kind kind; ///< Kind::none when the verb has no kinds
  When when;
  CallbackRole role; ///< of `call` and `register-callback`
  std::uint32_t first_operand;
  std::uint8_t operand_count;

  std::span<const EffectOperand> operands() const;
  /// The operand called `key`, or null.
  const Operand *find(Key key) const;
};

struct Api {
  Text name;
  Text family;      ///< the group of models it stands in
  Text provenance;  ///< documentation page, relative to learn.microsoft.com/windows-hardware/drivers/ddi
  Text replacement; ///< of a deprecated or banned routine
  Text handle;      ///< framework handle type that it returns or creates, such as WDFQUEUE
  std::uint16_t module_list;
  CallingConvention convention; ///< on x86
  bool variadic;
  bool may_fail;
  std::uint8_t max_irql; ///< highest IRQL at which a call is allowed, 0xff when not known
  std::uint8_t min_irql;
  Danger danger;
  Lifecycle lifecycle;
  Knowledge knowledge;
  Type returns;
  std::uint64_t success_value; ///< what a replay returns on success when no effect says it
  std::uint64_t failure_value;
  std::uint16_t x86_stack_bytes; ///< argument bytes on the stack (registers of fastcall excluded)
  std::uint16_t x86_callee_pops; ///< x86_stack_bytes, or 0 for cdecl
  std::uint32_t first_parameter;
  std::uint8_t parameter_count;
  std::uint32_t first_effect;
  std::uint8_t effect_count;
  std::uint16_t kmdf_index; ///< 0xffff when it is no KMDF function
  std::uint16_t umdf_index;

  std::span<const Parameter> parameters() const;
  std::span<const Effect> effects() const;
  std::span<const Text> modules() const;
  /// The first effect with this verb, or null.
  const Effect *find_effect(Verb verb) const;
};

/// A variable that a kernel module exports, such as PsProcessType: an import of it is the address of a `type`.
struct DataExport {
  Text name;
  Text meaning;
  std::uint16_t module_list;
  bool has_value; ///< the values below are what a replay puts there
  std::uint64_t value_x64;
  std::uint64_t value_x86;
  Type type;
};

/// What a callback of a role gets.
struct RoleSignature {
  std::uint32_t first_parameter;
  std::uint8_t parameter_count;
  std::uint8_t irql;
  Type returns;
  Text meaning;
  std::span<const Parameter> parameters() const;
};

/// The model of an export. Decorated x86 names (_Name@8, @Name@8, _Name) are looked up undecorated when
/// nothing is stored for the name as it stands. Null when there is no model.
const Api *find_api(std::string_view name);
/// All models, sorted by name.
std::span<const Api> all_apis();
const DataExport *find_data_export(std::string_view name);
std::span<const DataExport> all_data_exports();
const RoleSignature &signature_of(CallbackRole role);

} // namespace ringfence::kernel
