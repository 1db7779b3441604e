// Lookups over the generated API tables: binary searches in sorted arrays, nothing else.
#include <ringfence/kernel/api.h>

#include "tables.h"

#include <algorithm>

namespace ringfence::kernel {

namespace {

template <class Row> const Row *find_row(std::span<const Row> rows, std::string_view name) {
  const auto found = std::lower_bound(rows.begin(), rows.end(), name,
                                      [](const Row &row, std::string_view key) { return row.name.view() < key; });
  return found != rows.end() && found->name.view() == name ? &*found : nullptr;
}

/// "_Name@8", "@Name@8", "_Name" without their decoration.
std::string_view undecorated(std::string_view name) {
  const auto at = name.rfind('@');
  if (at != std::string_view::npos && at > 0 && at + 1 < name.size() &&
      name.find_first_not_of("0123456789", at + 1) == std::string_view::npos)
    name = name.substr(0, at);
  if (!name.empty() && (name.front() == '_' || name.front() == '@'))
    name.remove_prefix(1);
  return name;
}

template <class Row> std::string_view word(const Row *rows, std::uint32_t count, std::size_t index) {
  return index < count ? rows[index].view() : std::string_view{};
}

} // namespace

std::string_view Text::view() const { return {tables::text_data + offset, length}; }

const AccessPath *Operand::path() const { return path_index == 0xffff ? nullptr : &tables::path_rows[path_index]; }
const AccessPath *Operand::second() const {
  return second_index == 0xffff ? nullptr : &tables::path_rows[second_index];
}
const Operand &EffectOperand::operand() const { return tables::operand_rows[operand_index]; }

std::span<const EffectOperand> Effect::operands() const {
  return {tables::effect_operand_rows + first_operand, operand_count};
}
const Operand *Effect::find(Key key) const {
  for (const EffectOperand &entry : operands())
    if (entry.key == key)
      return &entry.operand();
  return nullptr;
}

std::span<const Parameter> Api::parameters() const {
  return {tables::parameter_rows + first_parameter, parameter_count};
}
std::span<const Effect> Api::effects() const { return {tables::effect_rows + first_effect, effect_count}; }
std::span<const Text> Api::modules() const {
  const tables::Range range = tables::module_lists[module_list];
  return {tables::module_rows + range.first, range.count};
}
const Effect *Api::find_effect(Verb verb) const {
  for (const Effect &effect : effects())
    if (effect.verb == verb)
      return &effect;
  return nullptr;
}
std::span<const Parameter> RoleSignature::parameters() const {
  return {tables::parameter_rows + first_parameter, parameter_count};
}

const Api *find_api(std::string_view name) {
  const Api *found = find_row(all_apis(), name);
  return found ? found : find_row(all_apis(), undecorated(name));
}
std::span<const Api> all_apis() { return {tables::api_rows, tables::api_rows_count}; }
const DataExport *find_data_export(std::string_view name) {
  const DataExport *found = find_row(all_data_exports(), name);
  return found ? found : find_row(all_data_exports(), undecorated(name));
}
std::span<const DataExport> all_data_exports() { return {tables::data_rows, tables::data_rows_count}; }
const RoleSignature &signature_of(CallbackRole role) { return tables::role_rows[static_cast<std::size_t>(role)]; }

std::string_view word_of(Verb w) {
  return word(tables::verb_words, tables::verb_words_count, static_cast<std::size_t>(w));
}
std::string_view word_of(Kind w) {
  return word(tables::kind_words, tables::kind_words_count, static_cast<std::size_t>(w));
}
std::string_view word_of(Key w) {
  return word(tables::key_words, tables::key_words_count, static_cast<std::size_t>(w));
}
std::string_view word_of(When w) {
  return word(tables::when_words, tables::when_words_count, static_cast<std::size_t>(w));
}
std::string_view word_of(Knowledge w) {
  return word(tables::knowledge_words, tables::knowledge_words_count, static_cast<std::size_t>(w));
}
std::string_view word_of(Lifecycle w) {
  return word(tables::lifecycle_words, tables::lifecycle_words_count, static_cast<std::size_t>(w));
}
std::string_view word_of(CallbackRole w) {
  return word(tables::role_words, tables::role_words_count, static_cast<std::size_t>(w));
}
std::string_view word_of(Danger w) {
  return word(tables::danger_words, tables::danger_words_count, static_cast<std::size_t>(w));
}

} // namespace ringfence::kernel
