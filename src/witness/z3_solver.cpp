#include "z3_solver.h"

#ifdef RINGFENCE_HAS_Z3

#include <z3.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ringfence::witness {
namespace {

constexpr unsigned resources = 30'000;  ///< Z3's rlimit of one question
constexpr std::size_t most_nodes = 400; ///< that one question is made of

void ignore_error(Z3_context, Z3_error_code) {}

/// One question, with a solver of its own.
class Question {
public:
  Question(const ExprPool &pool, Z3_context context) : pool_(pool), context_(context) {
    solver_ = Z3_mk_solver_for_logic(context_, Z3_mk_string_symbol(context_, "QF_BV"));
    Z3_solver_inc_ref(context_, solver_);
    Z3_params parameters = Z3_mk_params(context_);
    Z3_params_inc_ref(context_, parameters);
    Z3_params_set_uint(context_, parameters, Z3_mk_string_symbol(context_, "rlimit"), resources);
    Z3_solver_set_params(context_, solver_, parameters);
    Z3_params_dec_ref(context_, parameters);
  }
  Question(const Question &) = delete;
  Question &operator=(const Question &) = delete;
  ~Question() { Z3_solver_dec_ref(context_, solver_); }

  Decision ask(std::span<const Expr> conditions, Model &model);

private:
  Z3_ast term(Expr e);
  Z3_ast make(const Node &node);
  Z3_ast variable(const std::string &name, unsigned bits) {
    return Z3_mk_const(context_, Z3_mk_string_symbol(context_, name.c_str()), Z3_mk_bv_sort(context_, bits));
  }
  Z3_ast byte_of(std::uint32_t array, std::uint64_t offset);
  Z3_ast number(std::uint64_t value, unsigned bits) {
    return Z3_mk_unsigned_int64(context_, value, Z3_mk_bv_sort(context_, bits));
  }
  Z3_ast as_bit(Z3_ast truth) { return Z3_mk_ite(context_, truth, number(1, 1), number(0, 1)); }

  const ExprPool &pool_;
  Z3_context context_;
  Z3_solver solver_ = nullptr;
  std::map<Expr, Z3_ast> terms_;
  std::map<Model::Place, Z3_ast> bytes_;
  std::vector<std::pair<Expr, Z3_ast>> symbols_;
};

Z3_ast Question::byte_of(std::uint32_t array, std::uint64_t offset) {
  const auto [at, fresh] = bytes_.try_emplace({array, offset}, nullptr);
  if (fresh)
    at->second = variable("b" + std::to_string(array) + "_" + std::to_string(offset), 8);
  return at->second;
}

Z3_ast Question::term(Expr e) {
  if (const auto known = terms_.find(e); known != terms_.end())
    return known->second;
  const Node node = pool_[e];
  Z3_ast out = nullptr;
  if (terms_.size() > most_nodes)
    return nullptr;
  if (node.kind == Kind::slice) {
    for (unsigned i = 0; i < node.bits / 8u; ++i) {
      Z3_ast byte = byte_of(node.a, node.imm + i);
      out = out ? Z3_mk_concat(context_, byte, out) : byte;
    }
  } else if (node.kind == Kind::symbol || node.kind == Kind::read || node.kind == Kind::opaque) {
    out = variable("s" + std::to_string(e.value), node.bits);
    if (node.kind == Kind::symbol && node.bits <= 64)
      symbols_.emplace_back(e, out);
  } else {
    out = make(node);
  }
  if (out)
    terms_.emplace(e, out);
  return out;
}

Z3_ast Question::make(const Node &node) {
  if (node.kind == Kind::constant)
    return number(node.imm, node.bits);
  Z3_ast a = term(Expr(node.a));
  if (!a)
    return nullptr;
  const unsigned bits = pool_.bits(Expr(node.a));
  switch (node.kind) {
  case Kind::not_:
    return Z3_mk_bvnot(context_, a);
  case Kind::zext:
    return Z3_mk_zero_ext(context_, node.bits - bits, a);
  case Kind::sext:
    return Z3_mk_sign_ext(context_, node.bits - bits, a);
  case Kind::extract:
    return Z3_mk_extract(context_, static_cast<unsigned>(node.imm) + node.bits - 1, static_cast<unsigned>(node.imm), a);
  default:
    break;
  }
  Z3_ast b = term(Expr(node.b));
  if (!b)
    return nullptr;
  using Binary = Z3_ast (*)(Z3_context, Z3_ast, Z3_ast);
  const std::pair<Kind, Binary> binaries[] = {
      {Kind::add, Z3_mk_bvadd},   {Kind::sub, Z3_mk_bvsub},   {Kind::mul, Z3_mk_bvmul},    {Kind::udiv, Z3_mk_bvudiv},
      {Kind::urem, Z3_mk_bvurem}, {Kind::sdiv, Z3_mk_bvsdiv}, {Kind::srem, Z3_mk_bvsrem},  {Kind::and_, Z3_mk_bvand},
      {Kind::or_, Z3_mk_bvor},    {Kind::xor_, Z3_mk_bvxor},  {Kind::concat, Z3_mk_concat}};
  for (const auto &[kind, operation] : binaries)
    if (node.kind == kind)
      return operation(context_, a, b);
  const std::pair<Kind, Binary> comparisons[] = {
      {Kind::eq, Z3_mk_eq}, {Kind::ult, Z3_mk_bvult}, {Kind::slt, Z3_mk_bvslt}};
  for (const auto &[kind, operation] : comparisons)
    if (node.kind == kind)
      return as_bit(operation(context_, a, b));
  const std::pair<Kind, Binary> shifts[] = {
      {Kind::shl, Z3_mk_bvshl}, {Kind::shr, Z3_mk_bvlshr}, {Kind::sar, Z3_mk_bvashr}};
  for (const auto &[kind, operation] : shifts)
    if (node.kind == kind) {
      const unsigned count_bits = pool_.bits(Expr(node.b));
      Z3_ast count = count_bits < node.bits ? Z3_mk_zero_ext(context_, node.bits - count_bits, b) : b;
      return count_bits > node.bits ? nullptr : operation(context_, a, count);
    }
  Z3_ast c = node.kind == Kind::ite ? term(Expr(node.c)) : nullptr;
  return c ? Z3_mk_ite(context_, Z3_mk_eq(context_, a, number(1, 1)), b, c) : nullptr;
}

Decision Question::ask(std::span<const Expr> conditions, Model &model) {
  for (const Expr condition : conditions) {
    Z3_ast holds = term(condition);
    if (!holds)
      return Decision::open;
    Z3_solver_assert(context_, solver_, Z3_mk_eq(context_, holds, number(1, 1)));
  }
  const Z3_lbool said = Z3_solver_check(context_, solver_);
  Z3_model found = said == Z3_L_TRUE ? Z3_solver_get_model(context_, solver_) : nullptr;
  if (!found)
    return said == Z3_L_FALSE ? Decision::contradictory : Decision::open;
  Z3_model_inc_ref(context_, found);
  const auto value_of = [&](Z3_ast unknown) {
    Z3_ast value = nullptr;
    std::uint64_t out = 0;
    return Z3_model_eval(context_, found, unknown, true, &value) && Z3_get_numeral_uint64(context_, value, &out) ? out
                                                                                                                 : 0;
  };
  for (const auto &[symbol, unknown] : symbols_)
    model.set_symbol(symbol, value_of(unknown));
  for (const auto &[place, unknown] : bytes_)
    model.set_bytes(ArrayId(place.first), place.second, value_of(unknown), 1);
  Z3_model_dec_ref(context_, found);
  return Decision::satisfiable;
}

} // namespace

class Z3Solver::Context {
public:
  Context() {
    Z3_config config = Z3_mk_config();
    context_ = Z3_mk_context(config); // terms live as long as the context
    Z3_del_config(config);
    Z3_set_error_handler(context_, ignore_error);
  }
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;
  ~Context() { Z3_del_context(context_); }
  Z3_context get() const { return context_; }

private:
  Z3_context context_;
};

Z3Solver::Z3Solver(const ExprPool &pool) : pool_(pool) {}
Z3Solver::~Z3Solver() = default;

Decision Z3Solver::decide(std::span<const Expr> conditions, Model &model) {
  if (questions_ == most_questions_)
    return Decision::open;
  ++questions_;
  if (!context_)
    context_ = std::make_unique<Context>();
  return Question(pool_, context_->get()).ask(conditions, model);
}

} // namespace ringfence::witness

#else

namespace ringfence::witness {
class Z3Solver::Context {};
Z3Solver::Z3Solver(const ExprPool &pool) : pool_(pool) {}
Z3Solver::~Z3Solver() = default;
Decision Z3Solver::decide(std::span<const Expr>, Model &) { return Decision::open; }
} // namespace ringfence::witness

#endif
