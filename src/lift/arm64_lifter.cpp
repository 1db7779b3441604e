// The ARM64 lifter: decode through Arm64Decoder, dispatch by the decoder's opcode number, which is
// matched by name once.
#include "arm64_lifter.h"
#include "arm64_instruction.h"
#include "block_lifter.h"

#include <algorithm>
#include <vector>

namespace ringfence::lift {

ir::Value Arm64Lift::read(unsigned index) {
  const Arm64Register &r = reg(index);
  const ir::Width width = ir::width_of_bits(r.bits);
  if (width == ir::Width::none) {
    failed_ = true;
    return constant(ir::Width::w64, 0);
  }
  if (r.is_zero)
    return constant(width, 0);
  const unsigned number = r.is_vector ? ir::arm64::v0 + unsigned{r.number} : unsigned{r.number};
  return b.trunc(b.get(static_cast<ir::Register>(number)), width);
}

void Arm64Lift::write(unsigned index, ir::Value value) {
  const Arm64Register &r = reg(index);
  if (r.bits == 0)
    failed_ = true;
  if (r.is_zero || r.bits == 0)
    return;
  const unsigned number = r.is_vector ? ir::arm64::v0 + unsigned{r.number} : unsigned{r.number};
  b.put(static_cast<ir::Register>(number), b.zext(value, r.is_vector ? ir::Width::w128 : ir::Width::w64));
}

ir::Value Arm64Lift::condition(std::int64_t code) {
  using enum ir::Condition;
  constexpr ir::Condition conditions[] = {e, ne, ir::Condition::b, ae, s, ns, o, no, hi, ls, ge, l, g, le};
  if (code < 0 || code > 13)
    return constant(ir::Width::w1, 1);
  return this->b.condition(flags(), conditions[code]);
}

namespace {

class Arm64Lifter final : public BlockLifter {
public:
  explicit Arm64Lifter(std::unique_ptr<Arm64Decoder> decoder)
      : BlockLifter(ir::Architecture::arm64), decoder_(std::move(decoder)) {
    std::vector<Arm64NamedSemantics> named;
    for (const auto category : {arm64_data_semantics, arm64_memory_semantics, arm64_control_semantics})
      named.insert(named.end(), category().begin(), category().end());
    const auto by_name = [](const Arm64NamedSemantics &a, const Arm64NamedSemantics &b) { return a.name < b.name; };
    std::sort(named.begin(), named.end(), by_name);
    dispatch_.resize(decoder_->opcode_count());
    for (unsigned opcode = 0; opcode < dispatch_.size(); ++opcode) {
      const Arm64NamedSemantics wanted{decoder_->name_of(opcode), nullptr};
      const auto found = std::lower_bound(named.begin(), named.end(), wanted, by_name);
      if (found != named.end() && found->name == wanted.name)
        dispatch_[opcode] = *found;
    }
  }

  std::string_view mnemonic_name(std::uint64_t mnemonic) const override {
    return mnemonic < dispatch_.size() ? decoder_->name_of(static_cast<unsigned>(mnemonic)) : std::string_view();
  }

private:
  unsigned decode(Bytes bytes, std::uint64_t address) override {
    return decoder_->decode(bytes, address, instruction_) ? 4 : 0;
  }

  std::uint16_t lift_decoded(ir::Builder &build, std::uint64_t address) override {
    Arm64Lift x(build, instruction_, address);
    const Arm64NamedSemantics &semantics = dispatch_[instruction_.opcode];
    if (semantics.lift != nullptr) {
      semantics.lift(x, semantics.variant);
      if (!x.failed() && !build.overflowed())
        return 0;
      build.discard_instruction();
    }
    // No semantics: the decoder does not tell inputs from outputs here, so every register named,
    // the flags and nothing else become undefined. Stores of unknown instructions are not modelled;
    // the count shows them.
    build.unknown(instruction_.opcode);
    for (unsigned i = 0; i < instruction_.count; ++i)
      if (x.is_register(i) && x.reg(i).bits != 0)
        x.write(i, build.undefined(x.width(i)));
    x.set_flags(build.flags_undefine(x.flags(), ir::kAllFlags));
    return ir::kUnknownSemantics;
  }

  std::unique_ptr<Arm64Decoder> decoder_;
  std::vector<Arm64NamedSemantics> dispatch_;
  Arm64Instruction instruction_;
};

} // namespace

std::unique_ptr<Lifter> make_arm64_lifter(std::unique_ptr<Arm64Decoder> decoder) {
  return std::make_unique<Arm64Lifter>(std::move(decoder));
}

} // namespace ringfence::lift
