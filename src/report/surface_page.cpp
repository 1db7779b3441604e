// The page of `ringfence surface`. Every text that comes from a driver goes through printable().

#include <ringfence/report/surface.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <initializer_list>

namespace ringfence::report {
namespace {

constexpr std::size_t page_width = 110;

class Page {
public:
  explicit Page(bool color) : color_(color) {}

  std::string paint(std::string_view code, std::string_view text) const {
    return color_ ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
  }
  void heading(std::string_view title, std::size_t count) {
    out_ += "\n" + paint("1", title) + (count > 0 ? " (" + std::to_string(count) + ")" : "") + "\n";
  }
  void line(const std::string &text) { out_ += text + "\n"; }
  /// `first`, then `text` broken at spaces below itself.
  void wrapped(std::string_view first, std::string_view text) {
    std::string now(first);
    const std::string hanging(first.size(), ' ');
    bool fresh = true;
    for (const std::string_view word : split(text, ' ')) {
      if (!fresh && now.size() + 1 + word.size() > page_width) {
        out_ += now + "\n";
        now = hanging;
        fresh = true;
      }
      now += (fresh ? "" : " ") + std::string(word);
      fresh = false;
    }
    out_ += now + "\n";
  }
  /// A table: columns as wide as their widest cell, the last one free.
  void table(const std::vector<std::vector<std::string>> &rows, std::size_t reach_column) {
    std::vector<std::size_t> widths;
    for (const auto &row : rows)
      for (std::size_t i = 0; i < row.size(); ++i) {
        widths.resize(std::max(widths.size(), row.size()));
        widths[i] = std::max(widths[i], row[i].size());
      }
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::string text = " ";
      for (std::size_t i = 0; i < rows[r].size(); ++i) {
        std::string cell = rows[r][i];
        const std::size_t blanks = i + 1 < rows[r].size() ? widths[i] - cell.size() : 0;
        if (r == 0)
          cell = paint("2", cell);
        else if (i == reach_column)
          cell = paint(color_of_reach(cell), cell);
        text += " " + cell + std::string(blanks, ' ') + (i + 1 < rows[r].size() ? " " : "");
      }
      while (text.ends_with(' '))
        text.pop_back();
      line(text);
    }
  }
  static std::string_view color_of_reach(std::string_view reach) {
    if (reach.starts_with("appcontainer") || reach.starts_with("any-user"))
      return "1;31";
    if (reach.starts_with("service") || reach.starts_with("unknown"))
      return "1;33";
    return "32";
  }
  std::string take() { return std::move(out_); }

private:
  bool color_;
  std::string out_;
};

std::string text_of(const Value &object, std::string_view key) { return printable(object.text_at(key)); }

std::string joined(std::span<const Value> list, std::string_view separator) {
  std::string text;
  for (const Value &item : list)
    if (const std::string *one = item.if_string())
      text += (text.empty() ? "" : std::string(separator)) + printable(*one);
  return text;
}

std::string reach_of(const Value &object) {
  return text_of(object, "reach") + (object.flag_at("low_integrity") ? ", low integrity too" : "");
}

std::string number_of(const Value *lengths, std::string_view key) {
  const auto number = lengths ? lengths->number_at(key) : std::nullopt;
  return number ? std::to_string(*number) : "-";
}

void append_devices(Page &page, const Value &surface) {
  const auto &devices = surface.items_at("devices");
  page.heading("Devices", devices.size());
  if (devices.empty())
    page.line("  none found");
  for (const Value &device : devices) {
    const std::string name = text_of(device, "name");
    const std::string type = text_of(device, "device_type_name");
    page.line("  " + page.paint("1", name.empty() ? "(unnamed)" : name) + "  " +
              (type.empty() ? "type " + text_of(device, "device_type") : type) +
              (device.flag_at("secure_open") ? "" : ", no FILE_DEVICE_SECURE_OPEN") +
              (device.flag_at("exclusive") ? ", exclusive" : "") + ", made by " + text_of(device, "origin"));
    const std::string reach = reach_of(device);
    page.line("    opened by   " + page.paint(Page::color_of_reach(reach), reach));
    page.wrapped("                ", text_of(device, "reach_why"));
    if (const std::string sddl = text_of(device, "effective_sddl"); !sddl.empty())
      page.wrapped("    descriptor  ",
                   sddl + " (" + text_of(device, "sddl_source") + ": " + text_of(device, "sddl_why") + ")");
    for (const auto &[key, title] :
         {std::pair("links", "    link        "), std::pair("interfaces", "    interface   ")})
      for (const Value &one : device.items_at(key))
        if (const std::string *text = one.if_string())
          page.line(title + printable(*text));
  }
  if (const auto &gates = surface.items_at("create_gates"); !gates.empty())
    page.line("  checks in IRP_MJ_CREATE: " + joined(gates, ", "));
}

void append_ports(Page &page, const Value &surface) {
  const auto &ports = surface.items_at("filter_ports");
  if (ports.empty())
    return;
  page.heading("Filter ports", ports.size());
  for (const Value &port : ports) {
    page.line("  " + page.paint("1", text_of(port, "name")) + "  connections: " + number_of(&port, "max_connections"));
    const std::string reach = reach_of(port);
    page.line("    opened by   " + page.paint(Page::color_of_reach(reach), reach));
    page.wrapped("                ", text_of(port, "reach_why"));
    if (const std::string sddl = text_of(port, "sddl"); !sddl.empty())
      page.wrapped("    descriptor  ", sddl + " (" + text_of(port, "sddl_source") + ")");
    if (const auto &gates = port.items_at("connect_gates"); !gates.empty())
      page.line("    checks      " + joined(gates, ", "));
  }
}

std::string place(const Value &object, std::string_view rva, std::string_view symbol) {
  const std::string name = text_of(object, symbol),
                    source = text_of(object, symbol == "symbol" ? "source" : std::string(symbol) + "_source");
  return text_of(object, rva) + (name.empty() ? "" : " " + name) + (source.empty() ? "" : " (" + source + ")");
}

void append_dispatch(Page &page, const Value &surface) {
  const auto &entries = surface.items_at("dispatch");
  page.heading("Entry points", entries.size());
  // Routines that serve many requests are one line.
  std::vector<std::pair<std::string, std::string>> routines;
  for (const Value &entry : entries) {
    const std::string where = place(entry, "rva", "symbol");
    const std::string routine = text_of(entry, "routine");
    const std::string what = text_of(entry, "major") + (routine.empty() ? "" : " (" + routine + ")");
    const auto known = std::find_if(routines.begin(), routines.end(), [&](const auto &r) { return r.first == where; });
    if (known == routines.end())
      routines.emplace_back(where, what);
    else
      known->second += ", " + what;
  }
  std::size_t width = 0;
  for (const auto &[where, what] : routines)
    width = std::max(width, where.size());
  for (const auto &[where, what] : routines)
    page.wrapped("  " + where + std::string(width - where.size() + 2, ' '), what);
}

/// What a caller of each code can steer, one line an operation.
void append_primitives(Page &page, const Value &surface) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Value &ioctl : surface.items_at("ioctls"))
    for (const Value &primitive : ioctl.items_at("primitives")) {
      const Value *constrained = primitive.find("constrained");
      const bool confined = constrained && constrained->if_bool() && *constrained->if_bool();
      lines.emplace_back(text_of(ioctl, "code") + "  " + text_of(primitive, "kind"),
                         text_of(primitive, "argument") + " = " + text_of(primitive, "admitted") +
                             (confined ? " (confined)" : "") + " at " + place(primitive, "sink_rva", "sink") + " [" +
                             text_of(primitive, "evidence") + "]");
    }
  if (lines.empty())
    return;
  page.heading("What a caller can steer", lines.size());
  for (const auto &[what, how] : lines)
    page.wrapped("  " + what + "  ", how);
}

void append_ioctls(Page &page, const Value &surface) {
  const auto &ioctls = surface.items_at("ioctls");
  page.heading("Control codes", ioctls.size());
  if (ioctls.empty())
    return page.line("  none found");
  std::vector<std::vector<std::string>> rows = {
      {"code", "method", "access", "status", "in", "out", "reach", "handler", "name"}};
  for (const Value &ioctl : ioctls) {
    const Value *lengths = ioctl.find("lengths");
    std::string last = text_of(ioctl, "name");
    if (const auto gates = joined(ioctl.items_at("gates"), ", "); !gates.empty())
      last += std::string(last.empty() ? "" : "; ") + "gates: " + gates;
    if (const Value *commands = ioctl.find("commands"))
      last += std::string(last.empty() ? "" : "; ") + "commands at " + number_of(commands, "offset") + ": " +
              joined(commands->items_at("values"), ", ");
    std::string method = text_of(ioctl, "method"), access = text_of(ioctl, "access");
    if (method.starts_with("METHOD_"))
      method.erase(0, 7);
    for (std::size_t at; (at = access.find("FILE_")) != std::string::npos;)
      access.erase(at, 5);
    rows.push_back({text_of(ioctl, "code"), method, access, text_of(ioctl, "status"), number_of(lengths, "input_min"),
                    number_of(lengths, "output_min"), text_of(ioctl, "reach"), place(ioctl, "handler_rva", "handler"),
                    last});
  }
  page.table(rows, 6);
}

void append_callbacks(Page &page, const Value &surface) {
  const auto &callbacks = surface.items_at("callbacks");
  if (callbacks.empty())
    return;
  page.heading("Callbacks", callbacks.size());
  std::vector<std::vector<std::string>> rows = {{"role", "routine", "registered through"}};
  for (const Value &callback : callbacks)
    rows.push_back({text_of(callback, "role"), place(callback, "rva", "symbol"), text_of(callback, "through")});
  page.table(rows, rows.size());
}

void append_texts(Page &page, const Value &surface, std::string_view key, std::string_view title) {
  const auto &texts = surface.items_at(key);
  if (texts.empty())
    return;
  page.heading(title, texts.size());
  for (const Value &text : texts)
    if (const std::string *one = text.if_string())
      page.line("  " + printable(*one));
}

void append_imports(Page &page, const Value &surface) {
  const auto &groups = surface.items_at("imports");
  if (groups.empty())
    return;
  page.heading("Imports by what they reach", groups.size());
  constexpr std::size_t width = 20;
  for (const Value &group : groups) {
    std::string first = "  " + text_of(group, "group");
    first.append(first.size() < width ? width - first.size() : 1, ' ');
    page.wrapped(first, joined(group.items_at("functions"), " "));
  }
}

void append_coverage(Page &page, const Coverage &coverage) {
  if (coverage.verdict == CoverageVerdict::complete && coverage.reasons.empty())
    return;
  page.heading("Not analysed", coverage.reasons.size());
  for (const CoverageReason &reason : coverage.reasons)
    page.wrapped("  ",
                 printable(reason.what + ": " + reason.why) + (reason.rva ? " at " + hex(reason.rva->value) : ""));
}

} // namespace

std::string surface_text(const Subject &subject, const TextOptions &options) {
  Page page(options.color);
  const std::string machine = text_of(subject.image, "machine"), framework = text_of(subject.image, "framework");
  page.line(page.paint("1", printable(subject.path)) + (machine.empty() ? "" : "  " + machine) +
            (framework.empty() ? "" : ", " + framework));
  if (!subject.error.empty()) {
    page.line("  not read: " + printable(subject.error));
    return page.take();
  }
  if (subject.surface.is_null()) {
    page.line("  no surface: the code was not followed (" + std::string(name_of(subject.coverage.verdict)) + ")");
    append_coverage(page, subject.coverage);
    return page.take();
  }
  const std::string reach = reach_of(subject.surface);
  page.line("  reach: " + page.paint(Page::color_of_reach(reach), reach));
  page.wrapped("         ", text_of(subject.surface, "reach_why"));
  append_devices(page, subject.surface);
  append_ports(page, subject.surface);
  append_dispatch(page, subject.surface);
  append_ioctls(page, subject.surface);
  append_primitives(page, subject.surface);
  append_callbacks(page, subject.surface);
  append_imports(page, subject.surface);
  append_texts(page, subject.surface, "resolved_names", "Routines found by name at run time");
  append_texts(page, subject.surface, "opened_names", "Names that the driver opens");
  append_texts(page, subject.surface, "registry", "Registry");
  append_coverage(page, subject.coverage);
  return page.take();
}

} // namespace ringfence::report
