#include "surface_value.h"

#include "value_table.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <charconv>

namespace ringfence::surface_value {
namespace {

class Table : public ValueTable {
public:
  using ValueTable::ValueTable;
  facts::Reach reach(const char *key, facts::Reach otherwise) {
    const std::string word = text(key);
    if (word.empty())
      return otherwise;
    if (const auto found = facts::reach_from_name(word))
      return *found;
    fail(std::string(key) + ": no class of callers is called '" + word + "'");
    return otherwise;
  }
};

template <class T>
T one_of(Table &table, const char *key, std::initializer_list<std::pair<const char *, T>> words, T otherwise) {
  const std::string word = table.text(key);
  for (const auto &[text, value] : words)
    if (word == text)
      return value;
  if (!word.empty())
    table.fail(std::string(key) + ": unknown word '" + word + "'");
  return otherwise;
}

Rva place(Table &table, const char *key) { return Rva(static_cast<std::uint32_t>(table.number(key).value_or(0x1000))); }

facts::DeviceFacts device(const Value &value, std::string &error) {
  Table t(value, "device", error);
  facts::DeviceFacts out;
  out.name = t.text("name");
  out.links = t.texts("links");
  out.interfaces = t.texts("interfaces");
  out.type = static_cast<std::uint32_t>(t.number("type").value_or(0x22));
  out.characteristics = static_cast<std::uint32_t>(t.number("characteristics").value_or(0));
  out.secure_open = t.flag("secure_open");
  out.sddl = t.text("sddl");
  out.sddl_source = t.text("sddl_source");
  out.effective_sddl = t.text("effective_sddl", out.sddl);
  out.class_guid = t.text("class_guid");
  out.origin = t.text("origin", "DriverEntry");
  out.created_at = place(t, "created_at");
  out.reach = t.reach("reach", facts::Reach::admin);
  out.reach_why = t.text("reach_why");
  out.reach_if_secured = t.reach("reach_if_secured", out.reach);
  out.attached = t.flag("attached");
  out.takes_lower_flags = t.flag("takes_lower_flags");
  return out;
}

facts::CodeFacts code(const Value &value, std::string &error) {
  Table t(value, "code", error);
  facts::CodeFacts out;
  out.text = t.text("code");
  std::uint32_t number = 0;
  if (out.text.starts_with("0x") &&
      std::from_chars(out.text.data() + 2, out.text.data() + out.text.size(), number, 16).ec == std::errc())
    out.value = number;
  out.status = one_of<facts::CodeStatus>(t, "status",
                                         {{"handled", facts::CodeStatus::handled},
                                          {"forwarded", facts::CodeStatus::forwarded},
                                          {"rejected", facts::CodeStatus::rejected}},
                                         facts::CodeStatus::handled);
  out.handler = place(t, "handler");
  out.reach = t.reach("reach", facts::Reach::any_user);
  out.reach_why = t.text("reach_why");
  out.gates = t.texts("gates");
  for (const Value &one : t.list("primitives")) {
    Table p(one, "primitive", error);
    out.primitives.push_back({p.text("kind"), p.text("argument", "argument"), p.text("admitted", "any"),
                              p.flag("constrained"), p.text("base"), p.text("trap"), place(p, "sink")});
    for (const Value &check : p.list("checks")) {
      Table c(check, "check", error);
      out.primitives.back().checks.push_back({c.text("text"), place(c, "at")});
    }
  }
  return out;
}

facts::RoutineFacts routine(const Value &value, std::string &error) {
  Table t(value, "routine", error);
  facts::RoutineFacts out;
  out.name = t.text("name");
  out.module = t.text("module", "ntoskrnl.exe");
  out.lifecycle = one_of<facts::Lifecycle>(t, "lifecycle",
                                           {{"current", facts::Lifecycle::current},
                                            {"deprecated", facts::Lifecycle::deprecated},
                                            {"banned", facts::Lifecycle::banned},
                                            {"undocumented", facts::Lifecycle::undocumented}},
                                           facts::Lifecycle::current);
  out.replacement = t.text("replacement");
  out.danger = t.text("danger");
  out.found_at_run_time = t.flag("found_at_run_time");
  out.at = place(t, "at");
  return out;
}

facts::ArgumentFacts argument(const Value &value, std::string &error) {
  Table t(value, "argument", error);
  facts::ArgumentFacts out;
  out.routine = t.text("routine");
  out.at = place(t, "at");
  out.kind = t.text("kind");
  out.value = t.number("value");
  out.for_user = t.flag("for_user");
  return out;
}

} // namespace

Result<facts::SurfaceFacts> describe(const Value &description) {
  std::string error;
  facts::SurfaceFacts out;
  {
    Table t(description, "surface", error);
    out.framework = t.text("framework", "WDM");
    out.reach = t.reach("reach", facts::Reach::admin);
    for (const Value &one : t.list("devices"))
      out.devices.push_back(device(one, error));
    for (const Value &one : t.list("ports")) {
      Table p(one, "port", error);
      out.ports.push_back({p.text("name"), p.text("sddl"), p.text("sddl_source"), p.reach("reach", facts::Reach::admin),
                           p.text("reach_why"), place(p, "connect")});
    }
    for (const Value &one : t.list("codes"))
      out.codes.push_back(code(one, error));
    for (const std::string &name : t.texts("entries"))
      out.entries.push_back({name, Rva(0x1100)});
    for (const std::string &role : t.texts("callbacks"))
      out.callbacks.push_back({role, "", Rva(0x1200)});
    for (const Value &one : t.list("routines"))
      out.routines.push_back(routine(one, error));
    for (const Value &one : t.list("arguments"))
      out.arguments.push_back(argument(one, error));
    for (const std::string &name : t.texts("unprotected_links"))
      out.unprotected_links.push_back({name, Rva(0x1300)});
    out.opened_names = t.texts("opened_names");
    for (const Value &one : t.list("missing")) {
      Table m(one, "missing", error);
      out.missing.push_back({m.text("what"), m.text("why"), {}});
    }
  }
  if (!error.empty())
    return Error{ErrorCode::malformed, 0, error};
  return out;
}

} // namespace ringfence::surface_value
