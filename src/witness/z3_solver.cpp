#include "z3_solver.h"

#ifdef RINGFENCE_HAS_Z3

#include <ringfence/base/shared_library.h>

#include <z3.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ringfence::witness {
namespace {

constexpr unsigned resources = 30'000;  ///< Z3's rlimit of one question
constexpr std::size_t most_nodes = 400; ///< that one question is made of

// What is called of Z3: the types are those of z3.h, the functions those of the library that the machine has.
// clang-format off
#define RINGFENCE_Z3_FUNCTIONS(X)                                                                                      \
  X(del_config)                                                                                                        \
  X(del_context) X(get_numeral_uint64) X(mk_bv_sort) X(mk_bvadd) X(mk_bvand) X(mk_bvashr) X(mk_bvlshr) X(mk_bvmul)     \
      X(mk_bvnot) X(mk_bvor) X(mk_bvsdiv) X(mk_bvshl) X(mk_bvslt) X(mk_bvsrem) X(mk_bvsub) X(mk_bvudiv) X(mk_bvult)    \
          X(mk_bvurem) X(mk_bvxor) X(mk_concat) X(mk_config) X(mk_const) X(mk_context) X(mk_eq) X(mk_extract)          \
              X(mk_ite) X(mk_params) X(mk_sign_ext) X(mk_solver_for_logic) X(mk_string_symbol) X(mk_unsigned_int64)    \
                  X(mk_zero_ext) X(model_dec_ref) X(model_eval) X(model_inc_ref) X(params_dec_ref) X(params_inc_ref)   \
                      X(params_set_uint) X(set_error_handler) X(solver_assert) X(solver_check) X(solver_dec_ref)       \
                          X(solver_get_model) X(solver_inc_ref) X(solver_set_params)
// clang-format on

struct Functions {
#define RINGFENCE_MEMBER(name) decltype(&Z3_##name) name;
  RINGFENCE_Z3_FUNCTIONS(RINGFENCE_MEMBER)
#undef RINGFENCE_MEMBER

  /// Nothing when the machine has no Z3, or one that lacks a function.
  static std::optional<Functions> load() {
    const SharedLibrary library = SharedLibrary::open(RINGFENCE_Z3_LIBRARY);
    Functions z3;
#define RINGFENCE_LOAD(name)                                                                                           \
  z3.name = library ? reinterpret_cast<decltype(&Z3_##name)>(library.symbol("Z3_" #name)) : nullptr;                   \
  if (!z3.name)                                                                                                        \
    return std::nullopt;
    RINGFENCE_Z3_FUNCTIONS(RINGFENCE_LOAD)
#undef RINGFENCE_LOAD
    return z3;
  }
};

void ignore_error(Z3_context, Z3_error_code) {}

/// One question, with a solver of its own.
class Question {
public:
  Question(const ExprPool &pool, const Functions &z3, Z3_context context, unsigned seed)
      : pool_(pool), z3_(z3), context_(context) {
    solver_ = z3_.mk_solver_for_logic(context_, z3_.mk_string_symbol(context_, "QF_BV"));
    z3_.solver_inc_ref(context_, solver_);
    Z3_params parameters = z3_.mk_params(context_);
    z3_.params_inc_ref(context_, parameters);
    z3_.params_set_uint(context_, parameters, z3_.mk_string_symbol(context_, "rlimit"), resources);
    z3_.params_set_uint(context_, parameters, z3_.mk_string_symbol(context_, "random_seed"), seed);
    z3_.solver_set_params(context_, solver_, parameters);
    z3_.params_dec_ref(context_, parameters);
  }
  Question(const Question &) = delete;
  Question &operator=(const Question &) = delete;
  ~Question() { z3_.solver_dec_ref(context_, solver_); }

  Decision ask(std::span<const Expr> conditions, Model &model);

private:
  Z3_ast term(Expr e);
  Z3_ast make(const Node &node);
  Z3_ast variable(const std::string &name, unsigned bits) {
    return z3_.mk_const(context_, z3_.mk_string_symbol(context_, name.c_str()), z3_.mk_bv_sort(context_, bits));
  }
  Z3_ast byte_of(std::uint32_t array, std::uint64_t offset);
  Z3_ast number(std::uint64_t value, unsigned bits) {
    return z3_.mk_unsigned_int64(context_, value, z3_.mk_bv_sort(context_, bits));
  }
  Z3_ast as_bit(Z3_ast truth) { return z3_.mk_ite(context_, truth, number(1, 1), number(0, 1)); }

  const ExprPool &pool_;
  const Functions &z3_;
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
  if (node.kind == Kind::slice) {
    for (unsigned i = 0; i < node.bits / 8u; ++i) {
      Z3_ast byte = byte_of(node.a, node.imm + i);
      out = out ? z3_.mk_concat(context_, byte, out) : byte;
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
    return z3_.mk_bvnot(context_, a);
  case Kind::zext:
    return z3_.mk_zero_ext(context_, node.bits - bits, a);
  case Kind::sext:
    return z3_.mk_sign_ext(context_, node.bits - bits, a);
  case Kind::extract:
    return z3_.mk_extract(context_, static_cast<unsigned>(node.imm) + node.bits - 1, static_cast<unsigned>(node.imm),
                          a);
  default:
    break;
  }
  Z3_ast b = term(Expr(node.b));
  if (!b)
    return nullptr;
  using Binary = Z3_ast (*)(Z3_context, Z3_ast, Z3_ast);
  const std::pair<Kind, Binary> binaries[] = {
      {Kind::add, z3_.mk_bvadd},   {Kind::sub, z3_.mk_bvsub},    {Kind::mul, z3_.mk_bvmul},
      {Kind::udiv, z3_.mk_bvudiv}, {Kind::urem, z3_.mk_bvurem},  {Kind::sdiv, z3_.mk_bvsdiv},
      {Kind::srem, z3_.mk_bvsrem}, {Kind::and_, z3_.mk_bvand},   {Kind::or_, z3_.mk_bvor},
      {Kind::xor_, z3_.mk_bvxor},  {Kind::concat, z3_.mk_concat}};
  for (const auto &[kind, operation] : binaries)
    if (node.kind == kind)
      return operation(context_, a, b);
  const std::pair<Kind, Binary> comparisons[] = {
      {Kind::eq, z3_.mk_eq}, {Kind::ult, z3_.mk_bvult}, {Kind::slt, z3_.mk_bvslt}};
  for (const auto &[kind, operation] : comparisons)
    if (node.kind == kind)
      return as_bit(operation(context_, a, b));
  const std::pair<Kind, Binary> shifts[] = {
      {Kind::shl, z3_.mk_bvshl}, {Kind::shr, z3_.mk_bvlshr}, {Kind::sar, z3_.mk_bvashr}};
  for (const auto &[kind, operation] : shifts)
    if (node.kind == kind) {
      const unsigned count_bits = pool_.bits(Expr(node.b));
      Z3_ast count = count_bits < node.bits ? z3_.mk_zero_ext(context_, node.bits - count_bits, b) : b;
      return count_bits > node.bits ? nullptr : operation(context_, a, count);
    }
  Z3_ast c = node.kind == Kind::ite ? term(Expr(node.c)) : nullptr;
  return c ? z3_.mk_ite(context_, z3_.mk_eq(context_, a, number(1, 1)), b, c) : nullptr;
}

Decision Question::ask(std::span<const Expr> conditions, Model &model) {
  for (const Expr condition : conditions) {
    Z3_ast holds = term(condition);
    if (!holds)
      return Decision::open;
    z3_.solver_assert(context_, solver_, z3_.mk_eq(context_, holds, number(1, 1)));
  }
  const Z3_lbool said = z3_.solver_check(context_, solver_);
  Z3_model found = said == Z3_L_TRUE ? z3_.solver_get_model(context_, solver_) : nullptr;
  if (!found)
    return said == Z3_L_FALSE ? Decision::contradictory : Decision::open;
  z3_.model_inc_ref(context_, found);
  const auto value_of = [&](Z3_ast unknown) {
    Z3_ast value = nullptr;
    std::uint64_t out = 0;
    return z3_.model_eval(context_, found, unknown, true, &value) && z3_.get_numeral_uint64(context_, value, &out) ? out
                                                                                                                   : 0;
  };
  for (const auto &[symbol, unknown] : symbols_)
    model.set_symbol(symbol, value_of(unknown));
  for (const auto &[place, unknown] : bytes_)
    model.set_bytes(ArrayId(place.first), place.second, value_of(unknown), 1);
  z3_.model_dec_ref(context_, found);
  return Decision::satisfiable;
}

/// Distinct expressions that the conditions are made of; counts to one more than `most_nodes`.
std::size_t nodes_of(const ExprPool &pool, std::span<const Expr> conditions) {
  std::set<Expr> seen;
  std::vector<Expr> open(conditions.begin(), conditions.end());
  while (!open.empty() && seen.size() <= most_nodes) {
    const Expr e = open.back();
    open.pop_back();
    const Node &node = pool[e];
    const bool is_leaf = node.kind == Kind::constant || node.kind == Kind::slice || node.kind == Kind::symbol ||
                         node.kind == Kind::read || node.kind == Kind::opaque;
    if (e == Expr(0) || !seen.insert(e).second || is_leaf)
      continue;
    open.insert(open.end(), {Expr(node.a), Expr(node.b), Expr(node.c)});
  }
  return seen.size();
}

} // namespace

class Z3Solver::Context {
public:
  explicit Context(const Functions &z3) : z3_(z3) {
    Z3_config config = z3_.mk_config();
    context_ = z3_.mk_context(config); // terms live as long as the context
    z3_.del_config(config);
    z3_.set_error_handler(context_, ignore_error);
  }
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;
  ~Context() { z3_.del_context(context_); }
  Decision ask(const ExprPool &pool, std::span<const Expr> conditions, Model &model, unsigned seed) {
    return Question(pool, z3_, context_, seed).ask(conditions, model);
  }

private:
  Functions z3_;
  Z3_context context_;
};

Z3Solver::Z3Solver(const ExprPool &pool, unsigned seed) : pool_(pool), seed_(seed) {}
Z3Solver::~Z3Solver() = default;

Decision Z3Solver::decide(std::span<const Expr> conditions, Model &model) {
  if (questions_ == most_questions_)
    return Decision::open;
  ++questions_;
  if (nodes_of(pool_, conditions) > most_nodes)
    return Decision::open;
  if (!context_ && !missing_) {
    if (const auto z3 = Functions::load())
      context_ = std::make_unique<Context>(*z3);
    else
      missing_ = true;
  }
  return missing_ ? Decision::open : context_->ask(pool_, conditions, model, seed_);
}

} // namespace ringfence::witness

#else

namespace ringfence::witness {
class Z3Solver::Context {};
Z3Solver::Z3Solver(const ExprPool &pool, unsigned seed) : pool_(pool), seed_(seed) {}
Z3Solver::~Z3Solver() = default;
Decision Z3Solver::decide(std::span<const Expr>, Model &) {
  missing_ = true;
  return Decision::open;
}
} // namespace ringfence::witness

#endif
