// Where control flow may begin: what the image declares (entry point, exports, callbacks, guard and SafeSEH tables),
// and addresses that instructions or relocated data hold. Declared starts are taken as they are; the others are
// checked: on x64 against the unwind data, elsewhere by what the bytes look like.
#include "discovery.h"

#include <algorithm>

namespace ringfence::code {

namespace {

constexpr std::size_t kMaxProbedInstructions = 64;
constexpr std::size_t kLongText = 8;                        ///< printable bytes that no function begins with
constexpr std::size_t kShortText = 3;                       ///< the same before a NUL
constexpr std::size_t kTextWindow = 48, kTextInWindow = 40; ///< a pool of strings: so many printable bytes among these

bool is_strong(Origin origin) {
  return origin == Origin::guard_table || origin == Origin::safe_seh || origin == Origin::exception_handler ||
         origin == Origin::exception_filter;
}

bool is_printable(std::byte byte) {
  const auto c = std::to_integer<unsigned>(byte);
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

/// ASCII or UTF-16 text.
bool looks_like_text(std::span<const std::byte> bytes) {
  std::size_t narrow = 0, wide = 0;
  while (narrow < bytes.size() && narrow < kLongText && is_printable(bytes[narrow]))
    ++narrow;
  while (wide * 2 + 1 < bytes.size() && wide < kShortText && is_printable(bytes[wide * 2]) &&
         bytes[wide * 2 + 1] == std::byte{0} && bytes[wide * 2] != std::byte{0x6a}) // push 0
    ++wide;
  const auto window = bytes.first(std::min(bytes.size(), kTextWindow));
  const auto printable = static_cast<std::size_t>(std::count_if(window.begin(), window.end(), is_printable));
  return printable >= kTextInWindow || narrow == kLongText || wide == kShortText ||
         (narrow >= kShortText && narrow < bytes.size() && bytes[narrow] == std::byte{0});
}

} // namespace

void Discovery::read_image() {
  const auto &symbols = image_.imports().symbols;
  for (std::uint32_t i = 0; i < symbols.size(); ++i)
    program_.import_slots_.push_back({image_.va_of(symbols[i].slot).value, i});
  std::stable_sort(program_.import_slots_.begin(), program_.import_slots_.end(),
                   [](const auto &a, const auto &b) { return a.va < b.va; });
  for (const image::Relocation &relocation : image_.relocations().entries)
    if (image::width_of(relocation.type) == (long_mode_ ? 8u : 4u))
      relocated_.push_back(relocation.rva.value);
  if (!std::is_sorted(relocated_.begin(), relocated_.end()))
    std::sort(relocated_.begin(), relocated_.end());
  if (image_.machine() == image::Machine::amd64) {
    const auto &functions = image_.unwind().functions;
    for (std::uint32_t i = 0; i < functions.size(); ++i)
      if (functions[i].begin < functions[i].end)
        ranges_.push_back({image_.va_of(functions[i].begin).value, image_.va_of(functions[i].end).value, i, 0, false});
    std::sort(ranges_.begin(), ranges_.end(), [](const Range &a, const Range &b) {
      return a.begin != b.begin ? a.begin < b.begin : a.index < b.index;
    });
  }
  if (image_.load_config()) {
    guard_check_ = image_.load_config()->value_or_zero(image::LoadConfigField::GuardCFCheckFunctionPointer);
    guard_dispatch_ = image_.load_config()->value_or_zero(image::LoadConfigField::GuardCFDispatchFunctionPointer);
  }
}

bool Discovery::relocated_within(std::uint64_t begin, std::uint64_t end) const {
  const auto low = image_.rva_of(Va(begin));
  if (!low)
    return false;
  const auto found = std::lower_bound(relocated_.begin(), relocated_.end(), low->value);
  return found != relocated_.end() && *found - low->value < end - begin;
}

void Discovery::seed_functions() {
  const auto seed = [&](Rva rva, Origin origin) {
    const std::uint64_t va = image_.va_of(rva).value;
    if (cache_.is_code_address(va) && !function_at_.find(va)) {
      push_function(enter_function(va, origin));
      walk();
    }
  };
  if (const auto entry = image_.entry_code())
    seed(*entry, Origin::entry_point);
  for (const image::ExportedSymbol &symbol : image_.exports().symbols)
    if (symbol.forwarder.empty() && symbol.rva.value != 0)
      seed(symbol.rva, Origin::exported);
  if (image_.tls())
    for (const Rva callback : image_.tls()->callbacks)
      seed(callback, Origin::tls_callback);
  if (image_.load_config()) {
    for (const image::GuardedFunction &function : image_.load_config()->guarded_functions)
      seed(function.rva, Origin::guard_table);
    for (const Rva handler : image_.load_config()->safe_seh_handlers)
      seed(handler, Origin::safe_seh);
  }
}

/// Relocated pointers outside executable sections that lead into one.
void Discovery::seed_data_pointers() {
  std::vector<Candidate> late;
  const image::Section *section = nullptr;
  for (const std::uint32_t rva : relocated_) {
    if (!section || !section->contains(Rva(rva)))
      section = image_.section_of(Rva(rva));
    if (!section || section->executable())
      continue;
    const auto value = image_.read_pointer(Rva(rva));
    if (!value || *value < cache_.code_begin() || *value >= cache_.code_end())
      continue;
    const std::uint64_t from = image_.va_of(Rva(rva)).value;
    if (!long_mode_ && looks_like_scope_record(Rva(rva)))
      late.push_back({*value, from, Origin::data_pointer});
    else
      add_candidate(*value, from, Origin::data_pointer);
  }
  accept_candidates();
  for (const Candidate &candidate : late)
    add_candidate(candidate.va, candidate.from, candidate.origin);
}

/// x86: a pointer that may be the filter or the handler of a scope table's record. Such pointers wait until the
/// functions that push their table have been walked.
bool Discovery::looks_like_scope_record(Rva pointer) const {
  const auto level_at = [&](std::uint32_t back) {
    const auto level = pointer.value >= back ? image_.read<std::uint32_t>(Rva(pointer.value - back)) : std::nullopt;
    return level && (*level < 64 || *level >= 0xfffffffe);
  };
  return level_at(4) || level_at(8);
}

void Discovery::add_candidate(std::uint64_t va, std::uint64_t from, Origin origin) {
  if (seen_candidates_.find(va) || function_at_.find(va) || !cache_.is_code_address(va))
    return;
  seen_candidates_.set(va, 0);
  candidates_.push_back({va, from, origin});
}

void Discovery::accept_candidates() {
  for (; next_candidate_ < candidates_.size(); ++next_candidate_) {
    const Candidate candidate = candidates_[next_candidate_];
    if (function_at_.find(candidate.va) || !acceptable(candidate))
      continue;
    push_function(enter_function(candidate.va, candidate.origin));
    walk();
  }
}

bool Discovery::in_table(std::uint64_t va) const {
  return std::any_of(table_bytes_.begin(), table_bytes_.end(),
                     [va](const Extent &bytes) { return va >= bytes.begin.value && va < bytes.end.value; });
}

bool Discovery::acceptable(const Candidate &candidate) {
  if (cache_.inside_instruction(candidate.va))
    return false;
  if (is_strong(candidate.origin))
    return true;
  if (in_table(candidate.va))
    return false;
  if (Range *const range = long_mode_ ? range_of(candidate.va) : nullptr)
    return range->begin == candidate.va && primary_of(*range) == candidate.va;
  // A label inside known code is no function.
  return !cache_.block_of_instruction(candidate.va) && plausible_start(candidate.va);
}

/// True when what stands before `va` may end a function: padding, a return, a jump, reached code, an alignment.
bool Discovery::follows_an_end(std::uint64_t va) {
  constexpr std::uint64_t kLongest = 6;
  const auto before = cache_.code_from(va - kLongest);
  if (va % 16 == 0 || before.size() < kLongest)
    return true;
  const auto at = [&](std::size_t back) { return std::to_integer<unsigned>(before[kLongest - back]); };
  if (at(1) == 0xcc || at(1) == 0x90 || at(1) == 0xc3 || at(3) == 0xc2 || at(5) == 0xe9 || at(2) == 0xeb ||
      (at(6) == 0xff && at(5) == 0x25))
    return true;
  return cache_.block_of_instruction(va - 1) || cache_.inside_instruction(va - 1);
}

/// True when the bytes decode to a run of ordinary instructions up to a transfer of control.
bool Discovery::plausible_start(std::uint64_t va) {
  const auto bytes = cache_.code_from(va);
  if (bytes.empty() || looks_like_text(bytes) || !follows_an_end(va))
    return false;
  return cache_.probe(va, kMaxProbedInstructions, scratch_);
}

Program discover(const image::Image &image, Seeds seeds) {
  Program program(image);
  Discovery(program).run(seeds);
  return program;
}

} // namespace ringfence::code
