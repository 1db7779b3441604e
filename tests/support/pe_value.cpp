// The Value form of a description: keys as listed in pe_builder.h, every unknown key refused by
// name.
#include "pe_layout.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <initializer_list>

namespace ringfence::pe_builder {
namespace {

/// Reads members of one object; the first error sticks, and finish() refuses members that nobody
/// asked for.
class Fields {
public:
  Fields(const Value &value, std::string where, std::string &error) : where_(std::move(where)), error_(error) {
    object_ = value.if_object();
    if (!object_)
      fail("expected a table");
    used_.resize(object_ ? object_->size() : 0);
  }

  const Value *find(std::string_view key) {
    for (std::size_t i = 0; object_ && i < object_->size(); ++i)
      if ((*object_)[i].first == key) {
        used_[i] = true;
        return &(*object_)[i].second;
      }
    return nullptr;
  }
  void fail(std::string_view what) {
    if (error_.empty())
      error_ = where_ + ": " + std::string(what);
  }
  void wrong(std::string_view key, std::string_view kind) {
    fail(std::string(key) + ": expected " + std::string(kind));
  }

  static std::optional<std::uint64_t> integer(const Value &value) {
    if (const auto *i = value.if_int())
      return static_cast<std::uint64_t>(*i);
    if (const auto *u = value.if_uint())
      return *u;
    const auto *text = value.if_string();
    return text ? parse_unsigned(*text) : std::nullopt;
  }
  template <class T> void number(std::string_view key, T &out) {
    const auto *value = find(key);
    if (!value)
      return;
    if (const auto parsed = integer(*value))
      out = static_cast<T>(*parsed);
    else
      wrong(key, "an integer");
  }
  template <class T> void number(std::string_view key, std::optional<T> &out) {
    T value = 0;
    const bool given = find(key) != nullptr;
    number(key, value);
    if (given)
      out = value;
  }
  void text(std::string_view key, std::string &out) {
    if (const auto *value = find(key)) {
      if (const auto *t = value->if_string())
        out = *t;
      else
        wrong(key, "text");
    }
  }
  void flag(std::string_view key, bool &out) {
    if (const auto *value = find(key)) {
      if (const auto *b = value->if_bool())
        out = *b;
      else
        wrong(key, "true or false");
    }
  }
  void hex(std::string_view key, std::vector<std::byte> &out) {
    std::string digits;
    text(key, digits);
    std::erase_if(digits, [](char c) { return c == ' ' || c == '\n'; });
    if (auto bytes = bytes_from_hex(digits); !bytes)
      wrong(key, "hexadecimal digits");
    else if (find(key))
      out = std::move(*bytes);
  }
  Address address(std::string_view key, const Value &value) {
    if (const auto number_value = integer(value))
      return {"", static_cast<std::uint32_t>(*number_value)};
    const auto *t = value.if_string();
    const auto parsed = t ? parse_address(*t) : Result<Address>(Error{});
    if (!parsed)
      wrong(key, "an address such as \".text+0x10\"");
    return parsed ? *parsed : Address{};
  }
  void address(std::string_view key, Address &out) {
    if (const auto *value = find(key))
      out = address(key, *value);
  }
  void address(std::string_view key, std::optional<Address> &out) {
    if (const auto *value = find(key))
      out = address(key, *value);
  }
  template <class Each> void each(std::string_view key, Each each_value) {
    const auto *value = find(key);
    if (!value)
      return;
    const auto *array = value->if_array();
    if (!array)
      return wrong(key, "an array");
    for (const auto &item : *array)
      each_value(item);
  }
  /// Members that no call has asked for, in order.
  template <class Each> void rest(Each each_member) {
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i]) {
        used_[i] = true;
        each_member((*object_)[i].first, (*object_)[i].second);
      }
  }
  void finish() {
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i])
        fail("unknown key '" + (*object_)[i].first + "'");
  }
  std::string &error() { return error_; }

private:
  const Value::Object *object_ = nullptr;
  std::vector<bool> used_;
  std::string where_;
  std::string &error_;
};

std::uint32_t section_flags(Fields &f, std::string_view letters) {
  constexpr std::pair<char, std::uint32_t> names[] = {{'r', 0x40000000}, {'w', 0x80000000}, {'x', 0x20000000},
                                                      {'c', 0x20},       {'i', 0x40},       {'u', 0x80},
                                                      {'d', 0x02000000}, {'n', 0x08000000}, {'s', 0x10000000}};
  std::uint32_t flags = 0;
  for (const char c : letters) {
    const auto *found = std::find_if(std::begin(names), std::end(names), [c](const auto &n) { return n.first == c; });
    if (found == std::end(names))
      f.wrong("flags", "letters of rwxciudns");
    else
      flags |= found->second;
  }
  return flags;
}

std::vector<std::byte> content(Fields &f) {
  std::vector<std::byte> bytes;
  std::string text;
  f.hex("bytes", bytes);
  f.text("text", text);
  for (const char c : text)
    bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

SectionDescription section(const Value &value, std::string &error) {
  Fields f(value, "sections", error);
  SectionDescription s;
  f.text("name", s.name);
  s.flags = 0x60000020;
  if (const auto *flags = f.find("flags")) {
    const auto *letters = flags->if_string();
    if (letters && !parse_unsigned(*letters))
      s.flags = section_flags(f, *letters);
    else
      f.number("flags", s.flags);
  }
  s.bytes = content(f);
  std::uint32_t size = 0, fill = 0;
  f.number("size", size);
  f.number("fill", fill);
  if (size > s.bytes.size() && size <= 1u << 24)
    s.bytes.resize(size, static_cast<std::byte>(fill));
  f.number("virtual_size", s.virtual_size);
  f.number("rva", s.rva);
  f.number("raw_pointer", s.raw_pointer);
  f.number("raw_size", s.raw_size);
  f.finish();
  return s;
}

ImportDescription import(const Value &value, std::string &error) {
  Fields f(value, "imports", error);
  ImportDescription i;
  f.text("module", i.module);
  f.each("functions", [&](const Value &name) {
    if (const auto *text = name.if_string())
      i.functions.push_back(*text);
    else
      f.wrong("functions", "names");
  });
  f.flag("delayed", i.delayed);
  f.number("bound", i.bound);
  f.finish();
  return i;
}

ExportDescription exported(const Value &value, std::string &error) {
  Fields f(value, "exports", error);
  ExportDescription e;
  f.text("name", e.name);
  f.address("at", e.at);
  f.text("forward", e.forward);
  f.number("ordinal", e.ordinal);
  f.finish();
  return e;
}

RelocationDescription relocation(const Value &value, bool pe32_plus, std::string &error) {
  Fields f(value, "relocations", error);
  RelocationDescription r;
  r.type = pe32_plus ? 10 : 3;
  f.address("at", r.at);
  constexpr std::pair<std::string_view, std::uint8_t> names[] = {
      {"ABSOLUTE", 0}, {"HIGH", 1}, {"LOW", 2}, {"HIGHLOW", 3}, {"DIR64", 10}};
  if (const auto *type = f.find("type")) {
    const auto *text = type->if_string();
    const auto *found =
        std::find_if(std::begin(names), std::end(names), [&](const auto &n) { return text && n.first == *text; });
    if (found != std::end(names))
      r.type = found->second;
    else
      f.number("type", r.type);
  }
  f.finish();
  return r;
}

LoadConfigDescription load_config(const Value &value, std::string &error) {
  Fields f(value, "load_config", error);
  LoadConfigDescription c;
  f.number("size", c.size);
  f.text("in", c.section);
  f.number("cookie", c.cookie);
  f.each("guard_functions", [&](const Value &v) { c.guard_functions.push_back(f.address("guard_functions", v)); });
  f.number("guard_metadata", c.guard_metadata);
  f.each("safe_seh", [&](const Value &v) { c.safe_seh.push_back(f.address("safe_seh", v)); });
  f.rest([&](const std::string &name, const Value &field) {
    if (name.empty() || name[0] < 'A' || name[0] > 'Z')
      f.fail("unknown key '" + name + "'");
    c.fields.emplace_back(name, field);
  });
  return c;
}

DebugDescription debug(const Value &value, std::string &error) {
  Fields f(value, "debug", error);
  DebugDescription d;
  if (std::string path; f.find("pdb")) {
    f.text("pdb", path);
    d.pdb = path;
  }
  f.hex("guid", d.guid);
  d.guid.resize(16);
  f.number("age", d.age);
  f.flag("nb10", d.nb10);
  if (std::vector<std::byte> hash; f.find("repro")) {
    f.hex("repro", hash);
    d.repro = hash;
  }
  f.number("ex_dll_characteristics", d.ex_dll_characteristics);
  f.each("vc_feature",
         [&](const Value &v) { d.vc_feature.push_back(static_cast<std::uint32_t>(Fields::integer(v).value_or(0))); });
  f.each("pogo", [&](const Value &v) {
    Fields p(v, "debug.pogo", error);
    DebugDescription::Pogo pogo;
    p.address("at", pogo.at);
    p.number("size", pogo.size);
    p.text("name", pogo.name);
    p.finish();
    d.pogo.push_back(pogo);
  });
  f.finish();
  return d;
}

VersionDescription version(const Value &value, std::string &error) {
  Fields f(value, "version", error);
  VersionDescription v;
  f.text("file", v.file);
  f.text("product", v.product);
  f.number("flags", v.flags);
  f.number("type", v.type);
  f.text("table", v.table);
  if (const auto *strings = f.find("strings")) {
    Fields s(*strings, "version.strings", error);
    s.rest([&](const std::string &key, const Value &text) {
      if (const auto *t = text.if_string())
        v.strings.emplace_back(key, *t);
      else
        s.wrong(key, "text");
    });
  }
  f.finish();
  return v;
}

ResourceDescription resource(const Value &value, std::string &error) {
  Fields f(value, "resources", error);
  ResourceDescription r;
  const auto name = [&](std::string_view key, std::string &text, std::uint32_t &id) {
    if (const auto *v = f.find(key); v && v->if_string())
      f.text(key, text);
    else
      f.number(key, id);
  };
  name("type", r.type_text, r.type);
  name("name", r.name_text, r.name);
  f.number("language", r.language);
  r.bytes = content(f);
  f.finish();
  return r;
}

UnwindDescription unwind(const Value &value, std::string &error) {
  Fields f(value, "unwind", error);
  UnwindDescription u;
  f.address("begin", u.begin);
  f.address("end", u.end);
  f.address("handler", u.handler);
  f.each("scopes", [&](const Value &scope) {
    u.scopes.emplace_back();
    if (const auto *array = scope.if_array())
      for (const auto &item : *array)
        u.scopes.back().push_back(f.address("scopes", item));
  });
  f.finish();
  return u;
}

void read_tables(Fields &f, Description &d) {
  auto &error = f.error();
  f.each("sections", [&](const Value &v) { d.sections.push_back(section(v, error)); });
  f.each("imports", [&](const Value &v) { d.imports.push_back(import(v, error)); });
  f.each("exports", [&](const Value &v) { d.exports.push_back(exported(v, error)); });
  f.each("relocations", [&](const Value &v) { d.relocations.push_back(relocation(v, d.pe32_plus, error)); });
  f.each("resources", [&](const Value &v) { d.resources.push_back(resource(v, error)); });
  f.each("unwind", [&](const Value &v) { d.unwind.push_back(unwind(v, error)); });
  f.each("strings", [&](const Value &v) {
    Fields s(v, "strings", error);
    StringDescription string;
    s.text("text", string.text);
    s.text("in", string.section);
    s.text("name", string.name);
    s.flag("wide", string.wide);
    s.finish();
    d.strings.push_back(string);
  });
  f.each("pointers", [&](const Value &v) {
    Fields p(v, "pointers", error);
    std::pair<Address, Address> pointer;
    p.address("at", pointer.first);
    p.address("to", pointer.second);
    p.finish();
    d.pointers.push_back(pointer);
  });
  f.each("certificates", [&](const Value &v) {
    const auto *text = v.if_string();
    const auto bytes = text ? bytes_from_hex(*text) : std::nullopt;
    if (!bytes)
      f.wrong("certificates", "hexadecimal digits");
    d.certificates.push_back(bytes.value_or(std::vector<std::byte>()));
  });
  f.each("patches", [&](const Value &v) {
    Fields p(v, "patches", error);
    PatchDescription patch;
    p.number("offset", patch.offset);
    p.address("at", patch.at);
    p.hex("bytes", patch.bytes);
    p.finish();
    d.patches.push_back(patch);
  });
}

void read_records(Fields &f, Description &d) {
  auto &error = f.error();
  if (const auto *v = f.find("load_config"))
    d.load_config = load_config(*v, error);
  if (const auto *v = f.find("debug"))
    d.debug = debug(*v, error);
  if (const auto *v = f.find("version"))
    d.version = version(*v, error);
  if (const auto *v = f.find("rich")) {
    Fields r(*v, "rich", error);
    r.number("key", d.rich_key);
    r.each("entries", [&](const Value &entry) {
      std::vector<std::uint32_t> numbers;
      if (const auto *array = entry.if_array())
        for (const auto &item : *array)
          numbers.push_back(static_cast<std::uint32_t>(Fields::integer(item).value_or(0)));
      numbers.resize(3);
      d.rich.push_back(numbers);
    });
    r.finish();
  }
  if (const auto *v = f.find("wdf")) {
    Fields w(*v, "wdf", error);
    d.wdf.emplace();
    w.text("library", d.wdf->library);
    w.text("version", d.wdf->version);
    w.number("functions", d.wdf->functions);
    w.finish();
  }
}

void read_machine(Fields &f, Description &d) {
  constexpr std::pair<std::string_view, std::uint16_t> machines[] = {
      {"x64", 0x8664},    {"x86", 0x14c}, {"ARM64", 0xaa64}, {"ARM64EC", 0xa641},
      {"ARM64X", 0xa64e}, {"ARM", 0x1c4}, {"IA64", 0x200}};
  if (const auto *machine = f.find("machine")) {
    const auto *text = machine->if_string();
    const auto *found =
        std::find_if(std::begin(machines), std::end(machines), [&](const auto &m) { return text && m.first == *text; });
    if (found != std::end(machines))
      d.machine = found->second;
    else
      f.number("machine", d.machine);
  }
  d.pe32_plus = d.machine != 0x14c && d.machine != 0x1c4;
  f.flag("pe32_plus", d.pe32_plus);
  if (!d.pe32_plus) {
    d.characteristics = 0x102;
    d.image_base = 0x10000;
  }
}

} // namespace

Result<Address> parse_address(std::string_view text) {
  if (const auto number = parse_unsigned(text))
    return Address{"", static_cast<std::uint32_t>(*number)};
  const auto plus = text.rfind('+');
  const auto offset =
      plus == std::string_view::npos ? std::optional<std::uint64_t>(0) : parse_unsigned(text.substr(plus + 1));
  if (!offset || text.empty() || plus == 0)
    return Error{ErrorCode::invalid, 0,
                 "expected an address such as \".text+0x10\", found '" + std::string(text) + "'"};
  return Address{std::string(text.substr(0, plus)), static_cast<std::uint32_t>(*offset)};
}

Result<Description> describe(const Value &value) {
  std::string error;
  Description d;
  Fields f(value, "image", error);
  read_machine(f, d);
  f.number("characteristics", d.characteristics);
  f.number("dll_characteristics", d.dll_characteristics);
  f.number("subsystem", d.subsystem);
  f.number("image_base", d.image_base);
  f.number("section_alignment", d.section_alignment);
  f.number("file_alignment", d.file_alignment);
  f.number("time_date_stamp", d.time_date_stamp);
  f.number("size_of_headers", d.size_of_headers);
  f.number("size_of_image", d.size_of_image);
  if (const auto *checksum = f.find("checksum");
      checksum && !(checksum->if_string() && *checksum->if_string() == "correct"))
    f.number("checksum", d.checksum);
  f.text("image_version", d.image_version);
  f.text("os_version", d.os_version);
  f.text("subsystem_version", d.subsystem_version);
  f.text("linker", d.linker);
  f.address("entry", d.entry);
  f.text("imports_in", d.imports_in);
  f.text("iat_in", d.iat_in);
  f.text("export_name", d.export_name);
  f.hex("overlay", d.overlay);
  read_tables(f, d);
  read_records(f, d);
  f.finish();
  if (d.section_alignment == 0 || d.file_alignment == 0)
    f.fail("alignments start at 1");
  if (!error.empty())
    return Error{ErrorCode::invalid, 0, error};
  return d;
}

} // namespace ringfence::pe_builder
