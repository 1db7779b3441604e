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

} // namespace

std::string surface_dot(const Subject &subject) {
  std::string out =
      "digraph surface {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n  label=" + quoted(subject.path) +
      ";\n";
  std::set<std::string> nodes, edges;
  const auto node = [&](const std::string &id, std::string_view shape) {
    if (nodes.insert(id).second)
      out += "  " + quoted(id) + " [shape=" + std::string(shape) + "];\n";
  };
  const auto edge = [&](const std::string &from, const std::string &to, const std::string &label) {
    const std::string text =
        "  " + quoted(from) + " -> " + quoted(to) + (label.empty() ? "" : " [label=" + quoted(label) + "]") + ";\n";
    if (edges.insert(text).second)
      out += text;
  };
  std::string control;
  for (const Value &entry : subject.surface.items_at("dispatch")) {
    if (entry.text_at("major") == "IRP_MJ_DEVICE_CONTROL" && control.empty())
      control = "routine " + entry.text_at("rva");
  }
  std::size_t number = 0;
  for (const Value &device : subject.surface.items_at("devices")) {
    const std::string name = device.text_at("name");
    const std::string id = name.empty() ? "unnamed device " + std::to_string(number) : name;
    ++number;
    const std::string caller = "caller: " + device.text_at("reach");
    node(caller, "ellipse");
    node(id, "component");
    edge(caller, id, "");
    for (const Value &link : device.items_at("links")) {
      if (const std::string *text = link.if_string()) {
        node(*text, "cds");
        edge(*text, id, "link");
      }
    }
    if (!control.empty())
      edge(id, control, "IRP_MJ_DEVICE_CONTROL");
  }
  for (const Value &entry : subject.surface.items_at("dispatch")) {
    if (entry.text_at("major") != "IRP_MJ_DEVICE_CONTROL")
      edge("driver object", "routine " + entry.text_at("rva"), entry.text_at("major"));
  }
  for (const Value &ioctl : subject.surface.items_at("ioctls")) {
    const std::string name = ioctl.text_at("name");
    const std::string id = ioctl.text_at("code") + (name.empty() ? "" : " " + name);
    edge(control.empty() ? "driver object" : control, id, ioctl.text_at("status"));
    edge(id, "routine " + ioctl.text_at("handler_rva"), "reach: " + ioctl.text_at("reach"));
  }
  return out + "}\n";
}

} // namespace ringfence::report
