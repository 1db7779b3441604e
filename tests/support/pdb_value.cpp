#include "pdb_value.h"

#include "value_table.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <initializer_list>

namespace ringfence::pdb_value {
namespace {

class Table : public ValueTable {
public:
  using ValueTable::ValueTable;
  std::uint32_t number(const char *key, std::uint32_t otherwise) {
    return static_cast<std::uint32_t>(ValueTable::number(key).value_or(otherwise));
  }
};

class Builder {
public:
  Result<pdb::Contents> run(const Value &description) {
    {
      Table table(description, "pdb", error_);
      constexpr std::uint16_t machines[] = {0x8664, 0x014c, 0xaa64};
      contents_.machine = machines[table.word("machine", {"x64", "x86", "arm64"}, 0)];
      contents_.stripped = table.flag("stripped", false);
      contents_.source_link = table.flag("source_link", false);
      for (const Value &reason : table.list("damage"))
        contents_.diagnostics.push_back({ErrorCode::malformed, 0, reason.if_string() ? *reason.if_string() : "damage"});
      for (const Value &object : table.list("objects"))
        add_object(object);
      for (const Value &symbol : table.list("publics"))
        add_public(symbol);
    }
    if (!error_.empty())
      return Error{ErrorCode::invalid, 0, error_};
    return std::move(contents_);
  }

private:
  void add_object(const Value &value) {
    Table table(value, "pdb.objects", error_);
    pdb::Compiland c;
    c.module = table.text("module", "C:\\src\\a.obj");
    c.library = table.text("library", c.module);
    c.language = static_cast<pdb::Language>(table.word("language", {"other", "c", "cpp", "assembler", "linker"}, 1));
    c.described = table.flag("described", true);
    c.compiler = table.text("compiler", "Microsoft (R) Optimizing Compiler");
    c.backend_version = {19, 38, 33130, 0};
    if (const Value::Array version = table.list("version"); !version.empty())
      for (std::size_t i = 0; i < 4 && i < version.size(); ++i)
        c.backend_version[i] = static_cast<std::uint16_t>(table.number_of(version[i], "version"));
    c.frontend_version = c.backend_version;
    c.security_checks = table.flag("gs", true);
    c.sdl = table.flag("sdl", false);
    c.managed = table.flag("managed", false);
    c.command_line = table.text("command_line");
    for (const Value &source : table.list("sources"))
      add_source(source, c);
    const auto index = static_cast<std::uint32_t>(contents_.compilands.size());
    for (const Value &function : table.list("functions"))
      add_function(function, index, c);
    contents_.compilands.push_back(std::move(c));
  }

  void add_source(const Value &value, pdb::Compiland &to) {
    Table table(value, "pdb.objects.sources", error_);
    to.files.push_back(static_cast<std::uint32_t>(contents_.files.size()));
    const std::string path = table.text("path", "C:\\src\\a.c");
    contents_.files.push_back(
        {path, static_cast<pdb::SourceHash>(table.word("hash", {"none", "md5", "sha1", "sha256", "unknown"}, 3))});
  }

  void add_function(const Value &value, std::uint32_t compiland, const pdb::Compiland &of) {
    Table table(value, "pdb.objects.functions", error_);
    pdb::Function f;
    f.name = table.text("name");
    f.rva = Rva(table.number("rva", 0x1000));
    f.size = table.number("size", 0x10);
    f.compiland = compiland;
    f.frame_described = table.flag("frame", true);
    f.security_checks = table.flag("checks", false);
    f.safe_buffers = table.flag("safe_buffers", false);
    f.global = table.flag("global", true);
    const std::uint32_t line = table.number("line", 0);
    if (line != 0 && !of.files.empty()) {
      contents_.lines.push_back({f.rva, of.files.front(), line});
      contents_.lines.push_back({Rva(f.rva.value + f.size), 0, 0});
    }
    contents_.functions.push_back(std::move(f));
  }

  void add_public(const Value &value) {
    Table table(value, "pdb.publics", error_);
    pdb::Public p;
    p.name = table.text("name");
    p.rva = Rva(table.number("rva", 0x1000));
    p.function = table.flag("function", true);
    contents_.publics.push_back(std::move(p));
  }

  pdb::Contents contents_;
  std::string error_;
};

} // namespace

Result<pdb::Contents> describe(const Value &description) { return Builder().run(description); }

} // namespace ringfence::pdb_value
