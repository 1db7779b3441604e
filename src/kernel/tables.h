// Declarations of the generated tables; only this room's lookups include it.
#pragma once

#include <ringfence/kernel/api.h>
#include <ringfence/kernel/names.h>
#include <ringfence/kernel/structure.h>

#include <cstdint>

namespace ringfence::kernel::tables {

struct Range {
  std::uint32_t first;
  std::uint32_t count;
};
struct WdfRow {
  Text name;
  std::uint32_t api; ///< index into api_rows, 0xffffffff when there is no model
};

extern const char text_data[];

#define RINGFENCE_KERNEL_TABLE(type, name)                                                                             \
  extern const type name[];                                                                                            \
  extern const std::uint32_t name##_count;
RINGFENCE_KERNEL_TABLE(Api, api_rows)
RINGFENCE_KERNEL_TABLE(DataExport, data_rows)
RINGFENCE_KERNEL_TABLE(Parameter, parameter_rows)
RINGFENCE_KERNEL_TABLE(Effect, effect_rows)
RINGFENCE_KERNEL_TABLE(EffectOperand, effect_operand_rows)
RINGFENCE_KERNEL_TABLE(Operand, operand_rows)
RINGFENCE_KERNEL_TABLE(AccessPath, path_rows)
RINGFENCE_KERNEL_TABLE(Structure, structure_rows)
RINGFENCE_KERNEL_TABLE(Field, field_rows)
RINGFENCE_KERNEL_TABLE(Text, opaque_rows)
RINGFENCE_KERNEL_TABLE(RoleSignature, role_rows)
RINGFENCE_KERNEL_TABLE(Range, name_sets)
RINGFENCE_KERNEL_TABLE(NamedValue, names_by_value)
RINGFENCE_KERNEL_TABLE(NamedValue, names_by_name)
RINGFENCE_KERNEL_TABLE(RegistryRoot, registry_rows)
RINGFENCE_KERNEL_TABLE(WdfRow, kmdf_rows)
RINGFENCE_KERNEL_TABLE(WdfRow, umdf_rows)
RINGFENCE_KERNEL_TABLE(Text, module_rows)
RINGFENCE_KERNEL_TABLE(Range, module_lists)
RINGFENCE_KERNEL_TABLE(Text, verb_words)
RINGFENCE_KERNEL_TABLE(Text, kind_words)
RINGFENCE_KERNEL_TABLE(Text, key_words)
RINGFENCE_KERNEL_TABLE(Text, when_words)
RINGFENCE_KERNEL_TABLE(Text, knowledge_words)
RINGFENCE_KERNEL_TABLE(Text, lifecycle_words)
RINGFENCE_KERNEL_TABLE(Text, role_words)
RINGFENCE_KERNEL_TABLE(Text, danger_words)
#undef RINGFENCE_KERNEL_TABLE

} // namespace ringfence::kernel::tables
