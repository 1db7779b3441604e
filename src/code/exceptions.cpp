// Exception handlers as control flow: handlers, filters and except blocks of x64 unwind records (C scope tables), and
// the scope tables that x86 prologues push (_SEH_prolog and _SEH_prolog4 of the Microsoft C runtime).
#include "discovery.h"

#include <algorithm>

namespace ringfence::code {

namespace {

constexpr std::uint32_t kMaxScopeRecords = 64;
constexpr std::uint32_t kTopLevelSeh3 = 0xffffffff;
constexpr std::uint32_t kTopLevelSeh4 = 0xfffffffe;

} // namespace

Discovery::Range *Discovery::range_of(std::uint64_t va) {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), va,
                                [](std::uint64_t at, const Range &range) { return at < range.begin; });
  if (after == ranges_.begin())
    return nullptr;
  Range &range = *--after;
  return va < range.end ? &range : nullptr;
}

std::uint64_t Discovery::primary_of(Range &range) {
  if (range.primary == 0)
    range.primary = image_.va_of(image::primary_function(image_, image_.unwind().functions[range.index]).begin).value;
  return range.primary;
}

/// Enters what the unwind record of a reached range names.
void Discovery::visit_range(Range &range, std::uint32_t function, ir::BlockId block) {
  range.visited = true;
  const auto record = image::unwind_record(image_, image_.unwind().functions[range.index]);
  if (!record || !record->handler)
    return;
  const std::uint64_t handler = image_.va_of(*record->handler).value;
  add_candidate(handler, range.begin, Origin::exception_handler);
  const auto scopes = image::scope_table(image_, *record);
  if (!scopes)
    return;
  const std::uint64_t primary = primary_of(range);
  for (const image::ScopeEntry &scope : *scopes) {
    Range *const guarded = range_of(image_.va_of(scope.begin).value);
    if (!guarded || primary_of(*guarded) != primary)
      return;
    if (scope.handler.value > 1)
      add_candidate(image_.va_of(scope.handler).value, range.begin, Origin::exception_filter);
    if (scope.target.value == 0)
      continue;
    const std::uint64_t target = image_.va_of(scope.target).value;
    Range *const there = range_of(target);
    if (there && primary_of(*there) == primary)
      push({.step = Step::handler, .va = target, .function = function, .parent = block.value});
  }
}

/// When the bytes at `va` are a scope table, its filters and termination routines become functions and its except
/// blocks part of `function`. Every pointer of a genuine table is relocated and leads to code.
void Discovery::scope_table_x86(std::uint64_t va, std::uint32_t function, std::uint32_t block) {
  auto rva = image_.rva_of(Va(va));
  if (!rva || va % 4 != 0)
    return;
  const auto word = [&](std::uint32_t offset) { return image_.read<std::uint32_t>(Rva(rva->value + offset)); };
  const auto pointer = [&](std::uint32_t offset) {
    const auto value = word(offset);
    const std::uint64_t at = va + offset;
    return value && relocated_within(at, at + 4) && cache_.is_code_address(*value) ? *value : 0;
  };
  const auto first = word(0);
  if (!first)
    return;
  // SEH4 puts two cookie offsets before the records: the second one is a negative frame offset.
  std::uint32_t offset = 0, top = kTopLevelSeh3;
  if (*first != kTopLevelSeh3) {
    const auto cookie = word(8);
    if (!cookie || static_cast<std::int32_t>(*cookie) >= 0)
      return;
    offset = 16;
    top = kTopLevelSeh4;
  }
  for (std::uint32_t i = 0; i < kMaxScopeRecords; ++i, offset += 12) {
    const auto level = word(offset), filter = word(offset + 4);
    const std::uint32_t handler = pointer(offset + 8);
    if (!level || !filter || handler == 0 || (*level != top && *level >= i))
      return;
    if (*filter == 0) {
      add_candidate(handler, va, Origin::exception_filter);
      continue;
    }
    if (pointer(offset + 4) == 0)
      return;
    add_candidate(*filter, va, Origin::exception_filter);
    push({.step = Step::handler, .va = handler, .function = function, .parent = block});
  }
}

} // namespace ringfence::code
