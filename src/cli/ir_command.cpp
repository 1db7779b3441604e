#include <ringfence/cli/ir_command.h>

#include <ringfence/base/text.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>
#include <ringfence/code/program.h>
#include <ringfence/code/unwind_coverage.h>
#include <ringfence/image/image.h>
#include <ringfence/ir/text.h>

#include <algorithm>

namespace ringfence::cli {
namespace {

std::string rva_text(const code::Program &program, Va va) {
  const auto rva = program.image().rva_of(va);
  return rva ? hex(rva->value) : hex(va.value);
}

std::string symbol_text(const code::Program &program, std::uint32_t symbol) {
  const image::Imports &imports = program.image().imports();
  const image::ImportedSymbol &imported = imports.symbols[symbol];
  for (const image::ImportedModule &module : imports.modules)
    if (symbol >= module.first_symbol && symbol - module.first_symbol < module.symbol_count)
      return printable(module.name) + "!" +
             (imported.by_ordinal ? "#" + std::to_string(imported.ordinal) : printable(imported.name));
  return printable(imported.name);
}

/// "# 0x1000 function, entry point, 12 instructions, returns; thunk of ntoskrnl.exe!ExFreePool"
std::string heading(const code::Program &program, const code::Function &function) {
  std::string text = "# " + rva_text(program, function.entry) + " " + std::string(name_of(function.kind)) + ", " +
                     std::string(name_of(function.origin)) + ", " + std::to_string(function.instruction_count) +
                     " instructions" + (function.returns ? "" : ", never returns");
  if (function.import_symbol != code::kNoSymbol)
    text += ", " + symbol_text(program, function.import_symbol);
  if (function.kind == code::FunctionKind::jump_thunk)
    text += ", to " + rva_text(program, function.thunk_target);
  const auto extents = program.extents_of(function);
  text += ",";
  for (const code::Extent &extent : extents)
    text += " [" + rva_text(program, extent.begin) + ", " + rva_text(program, extent.end) + ")";
  return text + "\n";
}

std::string call_comment(const code::Program &program, const code::CallSite &call) {
  std::string text = call.tail ? "  # tail call, " : "  # call, ";
  text += name_of(call.kind);
  if (call.import_symbol != code::kNoSymbol)
    text += " " + symbol_text(program, call.import_symbol);
  else if (call.callee != code::kNoFunction)
    text += " " + rva_text(program, program.function(call.callee).entry);
  return text + (call.returns ? "\n" : ", never returns\n");
}

std::string block_text(const code::Program &program, ir::BlockId id) {
  const ir::Body &body = program.body();
  const ir::Block &block = body.block(id);
  const code::Flow *const flow = program.flow_of(id);
  std::string text;
  if (flow && flow->handler_start)
    text += "# exception handler\n";
  text += ir::print(body, block);
  const std::uint64_t last = body.instructions[block.first_instruction + block.instruction_count - 1].address;
  if (const code::CallSite *call = program.call_at(last))
    text += call_comment(program, *call);
  if (const code::JumpTable *table = program.table_at(last))
    text += "  # " + std::to_string(table->target_count) + " targets of the table at " +
            rva_text(program, table->table) + (table->bounded ? "\n" : ", bounded by its contents\n");
  if (!flow || flow->ending == code::Ending::fall_through || flow->ending == code::Ending::stop ||
      flow->ending == code::Ending::indirect_jump)
    text += "  # " + std::string(flow ? name_of(flow->ending) : "not reached") + "\n";
  return text;
}

std::string function_text(const code::Program &program, const code::Function &function) {
  std::string text = heading(program, function);
  for (const ir::BlockId id : program.blocks_of(function))
    text += block_text(program, id);
  return text + "\n";
}

std::string stats_text(const code::Program &program) {
  const code::Statistics &s = program.statistics();
  const code::UnwindCoverage unwind = code::measure_unwind_coverage(program);
  std::string text;
  const auto line = [&](std::string_view name, std::uint64_t value) {
    text +=
        std::string(name) + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') + std::to_string(value) + "\n";
  };
  line("functions", s.functions);
  line("blocks", s.blocks);
  line("instructions", s.instructions);
  line("without semantics", s.unknown_instructions);
  line("bytes of code", s.code_bytes);
  line("direct calls", s.direct_calls);
  line("import calls", s.import_calls);
  line("indirect calls", s.indirect_calls);
  line("jump tables", s.jump_tables);
  line("unresolved jumps", s.unresolved_jumps);
  line("dead ends", program.dead_ends().size());
  line("functions of unwind data", unwind.functions);
  line("  reached", unwind.reached);
  line("  nothing leads to", unwind.explained());
  line("  missed", unwind.missed.size());
  if (s.truncated)
    text += "truncated: a cap was reached\n";
  for (const Va at : program.unknown_instructions())
    text += "without semantics: " + rva_text(program, at) + "\n";
  for (const code::Unresolved &one : program.unresolved())
    if (!one.call)
      text += "unresolved jump: " + rva_text(program, one.at) + "\n";
  for (const code::DeadEnd &dead : program.dead_ends())
    text += "dead end: " + rva_text(program, dead.from) + " -> " + rva_text(program, dead.at) + ": " +
            std::string(name_of(dead.why)) + "\n";
  return text;
}

} // namespace

int run_ir(const IrOptions &options, const Console &console) {
  auto bytes = read_file(options.path);
  if (!bytes) {
    print(console.err, options.path + ": " + to_string(bytes.error()) + "\n");
    return exit_not_assessed;
  }
  const auto image = image::load(*std::move(bytes));
  if (!image) {
    print(console.err, options.path + ": " + to_string(image.error()) + "\n");
    return exit_not_assessed;
  }
  if (!code::architecture_of(*image)) {
    print(console.err,
          options.path + ": code of machine " + std::string(image::name_of(image->machine())) + " is not read\n");
    return exit_not_assessed;
  }
  const code::Program program = code::discover(*image);
  if (options.function) {
    const std::uint64_t va = image->va_of(Rva(*options.function)).value;
    auto id = program.function_at(va);
    if (!id)
      id = program.function_of(va);
    if (!id) {
      print(console.err, options.path + ": no reached function holds RVA " + hex(*options.function) + "\n");
      return exit_nothing;
    }
    print(console.out, function_text(program, program.function(*id)));
    return exit_passed;
  }
  if (options.stats)
    print(console.out, stats_text(program));
  else
    for (const code::Function &function : program.functions())
      print(console.out, options.list ? heading(program, function) : function_text(program, function));
  return exit_passed;
}

} // namespace ringfence::cli
