#include <ringfence/code/block_cache.h>

#include <ringfence/lift/lift.h>

#include <algorithm>
#include <bit>

namespace ringfence::code {

struct BlockCache::State {
  std::unique_ptr<lift::Lifter> lifter;
};

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
  case Refusal::none:
    return "none";
  case Refusal::outside:
    return "outside the image";
  case Refusal::not_executable:
    return "not executable";
  case Refusal::zero_filled:
    return "no bytes in the file";
  case Refusal::undecodable:
    return "undecodable";
  case Refusal::machine:
    return "machine not lifted";
  case Refusal::filler:
    return "one byte over and over";
  }
  return "?";
}

std::optional<ir::Architecture> architecture_of(const image::Image &image) {
  switch (image.machine()) {
  case image::Machine::i386:
    return ir::Architecture::x86;
  case image::Machine::amd64:
    return ir::Architecture::x64;
  case image::Machine::arm64:
    return ir::Architecture::arm64;
  default:
    return std::nullopt;
  }
}

namespace {

/// Where the first run of `shortest` equal bytes begins that holds a whole window of half its length; else the size.
std::size_t filler_in(std::span<const std::byte> bytes) {
  constexpr std::size_t shortest = 64, window = shortest / 2;
  for (std::size_t at = 0; at + window <= bytes.size(); at += window) {
    const auto differs = [&](std::byte b) { return b != bytes[at]; };
    if (bytes[at] != bytes[at + window - 1] ||
        std::any_of(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    bytes.begin() + static_cast<std::ptrdiff_t>(at + window), differs))
      continue;
    std::size_t first = at;
    while (first > 0 && bytes[first - 1] == bytes[at])
      --first;
    const auto end = std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(at + window), bytes.end(), differs);
    if (static_cast<std::size_t>(end - bytes.begin()) - first >= shortest)
      return first;
  }
  return bytes.size();
}

} // namespace

BlockCache::BlockCache(const image::Image &image) : image_(&image) {
  const auto architecture = architecture_of(image);
  if (!architecture)
    return;
  body_.architecture = *architecture;
  auto lifter = lift::make_lifter(*architecture);
  if (!lifter)
    return;
  state_ = std::make_unique<State>(State{*std::move(lifter)});
  for (const image::Section &section : image.sections()) {
    if (!section.executable() || section.data.empty())
      continue;
    const std::uint64_t begin = image.va_of(section.rva).value;
    const std::uint64_t size = std::min<std::uint64_t>(section.data.size(), section.extent());
    regions_.push_back({begin, begin + size, section.data.first(static_cast<std::size_t>(size))});
  }
  std::sort(regions_.begin(), regions_.end(), [](const Region &a, const Region &b) { return a.begin < b.begin; });
  // Overlapping sections are no image the loader accepts: the first one keeps the bytes.
  for (std::size_t i = 1; i < regions_.size(); ++i)
    regions_[i - 1].end = std::min(regions_[i - 1].end, regions_[i].begin);
  if (regions_.empty())
    return;
  code_begin_ = regions_.front().begin;
  for (const Region &region : regions_)
    code_end_ = std::max(code_end_, region.end);
  pages_.resize(static_cast<std::size_t>((code_end_ - code_begin_) / kPageSize + 1));
  const std::size_t bytes = std::min<std::size_t>(code_end_ - code_begin_, std::size_t{1} << 20);
  body_.ops.reserve(bytes);
  body_.instructions.reserve(bytes / 4);
  body_.blocks.reserve(bytes / 16);
}

BlockCache::BlockCache(BlockCache &&) noexcept = default;
BlockCache &BlockCache::operator=(BlockCache &&) noexcept = default;
BlockCache::~BlockCache() = default;

const BlockCache::Region *BlockCache::region_of(std::uint64_t va) const {
  auto after = std::upper_bound(regions_.begin(), regions_.end(), va,
                                [](std::uint64_t at, const Region &region) { return at < region.begin; });
  if (after == regions_.begin())
    return nullptr;
  const Region &region = *--after;
  return va < region.end ? &region : nullptr;
}

bool BlockCache::is_code_address(std::uint64_t va) const { return region_of(va) != nullptr; }

Refusal BlockCache::why_not(std::uint64_t va) const {
  if (!state_)
    return Refusal::machine;
  const auto rva = image_->rva_of(Va(va));
  if (!rva)
    return Refusal::outside;
  const image::Section *section = image_->section_of(*rva);
  if (!section)
    return rva->value < image_->headers().size_of_headers ? Refusal::not_executable : Refusal::outside;
  return section->executable() ? Refusal::zero_filled : Refusal::not_executable;
}

std::span<const std::byte> BlockCache::code_from(std::uint64_t va) {
  const Region *region = region_of(va);
  if (!region) {
    refusal_ = why_not(va);
    return {};
  }
  refusal_ = Refusal::none;
  const std::size_t size = static_cast<std::size_t>(region->end - va);
  return region->bytes.subspan(static_cast<std::size_t>(va - region->begin), size);
}

std::optional<ir::BlockId> BlockCache::block_of_instruction(std::uint64_t va) const {
  if (va < code_begin_ || va >= code_end_)
    return std::nullopt;
  const std::uint64_t at = va - code_begin_;
  const auto &page = pages_[static_cast<std::size_t>(at / kPageSize)];
  const std::size_t in_page = static_cast<std::size_t>(at % kPageSize);
  if (!page || !(page->starts[in_page / 64] >> (in_page % 64) & 1))
    return std::nullopt;
  return ir::BlockId(page->block[in_page]);
}

std::optional<ir::BlockId> BlockCache::known_block(std::uint64_t va) const {
  const auto id = block_of_instruction(va);
  return id && body_.block(*id).address == va ? id : std::nullopt;
}

bool BlockCache::inside_instruction(std::uint64_t va) const {
  if (block_of_instruction(va))
    return false;
  for (std::uint64_t back = 1; back < 15 && back <= va; ++back) {
    const auto id = block_of_instruction(va - back);
    if (!id)
      continue;
    const auto inner = body_.instructions_of(body_.block(*id));
    const auto found = std::lower_bound(inner.begin(), inner.end(), va - back,
                                        [](const ir::Instruction &i, std::uint64_t at) { return i.address < at; });
    return found != inner.end() && found->end() > va;
  }
  return false;
}

/// Enters the instructions of a new block, or of the tail of one that was cut.
void BlockCache::mark(ir::BlockId id) {
  for (const ir::Instruction &instruction : body_.instructions_of(body_.block(id))) {
    const std::uint64_t at = instruction.address - code_begin_;
    auto &page = pages_[static_cast<std::size_t>(at / kPageSize)];
    if (!page)
      page = std::make_unique<Page>();
    const std::size_t in_page = static_cast<std::size_t>(at % kPageSize);
    page->starts[in_page / 64] |= std::uint64_t{1} << (in_page % 64);
    page->block[in_page] = id.value;
  }
}

/// The first known instruction start in (va, limit), else `limit`.
std::uint64_t BlockCache::next_start(std::uint64_t va, std::uint64_t limit) const {
  for (std::uint64_t at = va + 1 - code_begin_; at < limit - code_begin_;) {
    const auto &page = pages_[static_cast<std::size_t>(at / kPageSize)];
    if (!page) {
      at = (at / kPageSize + 1) * kPageSize;
      continue;
    }
    const std::size_t in_page = static_cast<std::size_t>(at % kPageSize);
    const std::uint64_t word = page->starts[in_page / 64] >> (in_page % 64);
    if (word != 0)
      return std::min(limit, code_begin_ + at + static_cast<unsigned>(std::countr_zero(word)));
    at = (at / 64 + 1) * 64;
  }
  return limit;
}

std::optional<ir::BlockId> BlockCache::lift(std::uint64_t va) {
  const auto bytes = code_from(va);
  if (bytes.empty())
    return std::nullopt;
  const std::size_t filler = filler_in(bytes.first(std::min<std::size_t>(bytes.size(), kMaxBlockBytes)));
  if (filler == 0) {
    refusal_ = Refusal::filler;
    return std::nullopt;
  }
  const std::uint64_t limit = va + filler;
  const auto lifted = state_->lifter->lift_block(bytes, va, next_start(va, limit), body_);
  if (!lifted) {
    refusal_ = Refusal::machine;
    return std::nullopt;
  }
  mark(lifted->id);
  return lifted->id;
}

bool BlockCache::probe(std::uint64_t va, std::size_t most, ir::Body &scratch) {
  const auto bytes = code_from(va);
  if (bytes.empty())
    return false;
  scratch.ops.clear();
  scratch.instructions.clear();
  scratch.blocks.clear();
  scratch.architecture = body_.architecture;
  const std::uint64_t limit = std::min(va + kMaxBlockBytes, va + bytes.size());
  const auto lifted = state_->lifter->lift_block(bytes, va, next_start(va, limit), scratch);
  if (!lifted || (lifted->end != lift::BlockEnd::terminator && lifted->end != lift::BlockEnd::boundary))
    return false;
  const ir::Block &block = scratch.block(lifted->id);
  if (block.instruction_count > most)
    return false;
  for (const ir::Instruction &instruction : scratch.instructions_of(block)) {
    const auto at = static_cast<std::size_t>(instruction.address - va);
    const bool zeros = instruction.length == 2 && bytes[at] == std::byte{0} && bytes[at + 1] == std::byte{0};
    if (zeros || (instruction.flags & ir::kUnknownSemantics))
      return false;
  }
  const ir::Op *const end = scratch.terminator(block);
  if (!end)
    return true;
  if (end->code == ir::Opcode::branch || (end->a == ir::kImmediate && end->code != ir::Opcode::ret))
    return is_code_address(end->imm);
  return end->code != ir::Opcode::trap || block.instruction_count > 1;
}

std::optional<BlockCache::Located> BlockCache::locate(std::uint64_t va) {
  refusal_ = Refusal::none;
  Located located;
  if (const auto known = block_of_instruction(va)) {
    located.id = *known;
    if (body_.block(*known).address != va) {
      const auto tail = body_.split(*known, va);
      if (!tail)
        return std::nullopt;
      mark(*tail);
      located = {*tail, false, *known};
    }
  } else {
    const auto lifted = lift(va);
    if (!lifted)
      return std::nullopt;
    located = {*lifted, true, std::nullopt};
  }
  const ir::Op *const end = body_.terminator(body_.block(located.id));
  if (end && end->code == ir::Opcode::trap && end->kind == static_cast<unsigned>(ir::TrapKind::undecodable) &&
      body_.block(located.id).instruction_count == 1) {
    refusal_ = Refusal::undecodable;
    return std::nullopt;
  }
  return located;
}

void add_successors(const ir::Body &body, const ir::Block &block, std::vector<std::uint64_t> &out) {
  const ir::Op *const end = body.terminator(block);
  const bool branches = end && end->code == ir::Opcode::branch;
  if (branches || (end && end->code == ir::Opcode::jump && end->a == ir::kImmediate))
    out.push_back(end->imm);
  if (!end || branches || end->code == ir::Opcode::call)
    out.push_back(block.end);
}

const ir::Block *BlockCache::block_at(std::uint64_t va) {
  const auto located = locate(va);
  return located ? &body_.block(located->id) : nullptr;
}

} // namespace ringfence::code
