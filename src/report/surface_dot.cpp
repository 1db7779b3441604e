// The surface as a graph in the DOT language (graphviz.org, "DOT Language"): callers -> devices -> codes -> routines.

#include <ringfence/report/surface.h>

#include <ringfence/base/text.h>

#include <set>

namespace ringfence::report {
namespace {

/// A quoted identifier; quotes and backslashes of drivers' strings cannot end it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string text_of(const Value &object, std::string_view key) {
  const Value *member = object.find(key);
  const std::string *text = member ? member->if_string() : nullptr;
  return text ? *text : std::string();
}

template <class Each> void for_each_in(const Value &object, std::string_view key, Each &&each) {
  const Value *member = object.find(key);
  if (const Value::Array *list = member ? member->if_array() : nullptr)
    for (const Value &one : *list)
      each(one);
}

} // namespace

std::string surface_dot(const Subject &subject) {
  std::string out = "digraph surface {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n  label=" + quoted(subject.path) + ";\n";
  std::set<std::string> nodes, edges;
  const auto node = [&](const std::string &id, std::string_view shape) {
    if (nodes.insert(id).second)
      out += "  " + quoted(id) + " [shape=" + std::string(shape) + "];\n";
  };
  const auto edge = [&](const std::string &from, const std::string &to, const std::string &label) {
    const std::string text = "  " + quoted(from) + " -> " + quoted(to) + (label.empty() ? "" : " [label=" + quoted(label) + "]") + ";\n";
    if (edges.insert(text).second)
      out += text;
  };
  std::string control;
  for_each_in(subject.surface, "dispatch", [&](const Value &entry) {
    if (text_of(entry, "major") == "IRP_MJ_DEVICE_CONTROL" && control.empty())
      control = "routine " + text_of(entry, "rva");
  });
  std::size_t number = 0;
  for_each_in(subject.surface, "devices", [&](const Value &device) {
    const std::string name = text_of(device, "name");
    const std::string id = name.empty() ? "unnamed device " + std::to_string(number) : name;
    ++number;
    const std::string caller = "caller: " + text_of(device, "reach");
    node(caller, "ellipse");
    node(id, "component");
    edge(caller, id, "");
    for_each_in(device, "links", [&](const Value &link) {
      if (const std::string *text = link.if_string()) {
        node(*text, "cds");
        edge(*text, id, "link");
      }
    });
    if (!control.empty())
      edge(id, control, "IRP_MJ_DEVICE_CONTROL");
  });
  for_each_in(subject.surface, "dispatch", [&](const Value &entry) {
    if (text_of(entry, "major") != "IRP_MJ_DEVICE_CONTROL")
      edge("driver object", "routine " + text_of(entry, "rva"), text_of(entry, "major"));
  });
  for_each_in(subject.surface, "ioctls", [&](const Value &ioctl) {
    const std::string name = text_of(ioctl, "name");
    const std::string id = text_of(ioctl, "code") + (name.empty() ? "" : " " + name);
    edge(control.empty() ? "driver object" : control, id, text_of(ioctl, "status"));
    edge(id, "routine " + text_of(ioctl, "handler_rva"), "reach: " + text_of(ioctl, "reach"));
  });
  return out + "}\n";
}

} // namespace ringfence::report
