#include "surface.h"

#include <ringfence/base/text.h>
#include <ringfence/image/framework.h>
#include <ringfence/kernel/api.h>
#include <ringfence/kernel/ioctl.h>
#include <ringfence/rules/rule.h>
#include <ringfence/security/control_code.h>
#include <ringfence/security/reach.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

namespace ringfence::audit {
namespace {

constexpr std::size_t reason_cap = 64;

Value texts(const std::vector<std::string> &list) {
  Value out = Value::array();
  for (const std::string &text : list)
    out.push(text);
  return out;
}

Value sorted_texts(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return texts(list);
}

void set_reach(Value &out, const security::Reach &reach) {
  out.set("reach", security::name_of(reach.reach));
  out.set("reach_why", reach.why);
  out.set("low_integrity", reach.low_integrity);
}

/// The name under `key`, file and line under `key`_source; a place that is called "symbol" has them under "source".
void set_symbol(Value &out, std::string_view key, Rva rva, const pdb::Pdb *pdb) {
  if (const auto name = pdb ? pdb->name_at(rva) : std::nullopt)
    out.set(key, std::string(name->name) + (name->displacement != 0 ? "+" + hex(name->displacement) : ""));
  if (std::string source = pdb ? pdb->source_at(rva) : std::string(); !source.empty())
    out.set(key == "symbol" ? "source" : std::string(key) + "_source", std::move(source));
}

Value device_value(const driver::Device &device, const subject::DeviceAccess &access) {
  Value out =
      Value::object({{"name", device.name}, {"links", texts(device.links)}, {"interfaces", texts(device.interfaces)}});
  out.set("device_type", hex(device.type));
  if (const auto type = kernel::name_of_device_type(device.type); !type.empty())
    out.set("device_type_name", type);
  out.set("characteristics", hex(device.characteristics));
  out.set("secure_open", access.secure_open);
  out.set("exclusive", device.exclusive);
  out.set("sddl", access.sddl);
  out.set("sddl_source", access.sddl_source);
  if (!access.effective_sddl.empty()) {
    out.set("effective_sddl", access.effective_sddl);
    out.set("sddl_why", access.sddl_why);
  }
  out.set("origin", device.origin);
  out.set("create_gates", texts(device.create_gates));
  out.set("rejects_names", device.rejects_names);
  set_reach(out, access.reach);
  return out;
}

Value port_value(const driver::FilterPort &port, const security::Reach &reach, const pdb::Pdb *pdb) {
  Value out = Value::object({{"name", port.name},
                             {"sddl", port.sddl},
                             {"sddl_source", port.sddl_source},
                             {"max_connections", port.max_connections}});
  const auto routine = [&](std::string_view key, std::string_view symbol, const std::optional<Rva> &rva) {
    if (!rva)
      return;
    out.set(key, hex(rva->value));
    set_symbol(out, symbol, *rva, pdb);
  };
  routine("connect_rva", "connect", port.connect);
  routine("message_rva", "message", port.message);
  out.set("connect_gates", texts(port.connect_gates));
  set_reach(out, reach);
  return out;
}

/// The request that brings the I/O manager, or a framework, to a routine of this role.
std::string_view major_of(std::string_view role) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> roles = {{
      {"EvtIoDeviceControl", "IRP_MJ_DEVICE_CONTROL"},
      {"EvtIoInternalDeviceControl", "IRP_MJ_INTERNAL_DEVICE_CONTROL"},
      {"EvtIoRead", "IRP_MJ_READ"},
      {"EvtIoWrite", "IRP_MJ_WRITE"},
      {"EvtDeviceFileCreate", "IRP_MJ_CREATE"},
      {"EvtFileCleanup", "IRP_MJ_CLEANUP"},
  }};
  for (const auto &[name, major] : roles)
    if (role == name)
      return major;
  return role;
}

Value dispatch_value(const driver::Driver &driver, const pdb::Pdb *pdb) {
  Value out = Value::array();
  for (const driver::EntryPoint &entry : driver.entry_points) {
    const std::string_view major = major_of(entry.major);
    Value one = Value::object({{"major", major}, {"rva", hex(entry.rva.value)}});
    if (major != entry.major)
      one.set("routine", entry.major);
    set_symbol(one, "symbol", entry.rva, pdb);
    out.push(std::move(one));
  }
  return out;
}

std::string_view name_of(driver::CodeStatus status) {
  constexpr std::array<std::string_view, 3> names = {"handled", "forwarded", "rejected"};
  return names[static_cast<std::size_t>(status)];
}

Value primitive_value(const driver::Primitive &primitive, const pdb::Pdb *pdb, Prover &prover) {
  Proof proof = prover.prove(primitive);
  Value out = Value::object({{"kind", primitive.kind},
                             {"constrained", primitive.constrained},
                             {"admitted", primitive.admitted},
                             {"argument", primitive.argument},
                             {"sink_rva", hex(primitive.sink.value)},
                             {"evidence", proof.evidence}});
  if (!proof.why.empty())
    out.set("evidence_why", std::move(proof.why));
  if (proof.witness)
    out.set("witness", *std::move(proof.witness));
  if (!primitive.base.empty())
    out.set("base", primitive.base);
  if (!primitive.trap.empty())
    out.set("trap", primitive.trap);
  Value checks = Value::array();
  for (const driver::PathCheck &check : primitive.checks) {
    Value one = Value::object({{"check", check.text}, {"rva", hex(check.at.value)}});
    set_symbol(one, "symbol", check.at, pdb);
    checks.push(std::move(one));
  }
  if (!primitive.checks.empty())
    out.set("checks", std::move(checks));
  if (const rules::Rule *rule = rules::find_rule_of_kind(primitive.kind))
    out.set("rule", rule->id);
  set_symbol(out, "sink", primitive.sink, pdb);
  if (!primitive.sequence.empty())
    out.set("needs_sequence", texts(primitive.sequence));
  return out;
}

/// Which of several devices take a code: what each answers and demands.
Value code_devices_value(const driver::Driver &driver, const driver::Ioctl &ioctl) {
  Value out = Value::array();
  for (const driver::IoctlDevice &one : ioctl.devices)
    if (one.device < driver.devices.size())
      out.push(Value::object({{"device", one.device},
                              {"name", driver.devices[one.device].name},
                              {"status", name_of(one.status)},
                              {"gates", texts(one.gates)}}));
  return out;
}

Value ioctl_value(const driver::Driver &driver, const driver::Ioctl &ioctl, const security::Reach &reach,
                  const pdb::Pdb *pdb, Prover *prover) {
  const security::ControlCode code{ioctl.code};
  const bool route = !ioctl.route.empty();
  Value out = Value::object({{"code", route ? ioctl.route : hex(ioctl.code, 8)},
                             {"access", security::required_access_name(code.required_access())}});
  if (!route)
    out.set("method", security::name_of(code.method()));
  // Types of 0x8000 and more are every vendor's: a public name would say too much.
  if (const auto name = route ? std::string_view() : kernel::name_of_ioctl(ioctl.code);
      !name.empty() && !code.vendor_type())
    out.set("name", name);
  out.set("handler_rva", hex(ioctl.handler.value));
  set_symbol(out, "handler", ioctl.handler, pdb);
  out.set("status", name_of(ioctl.status));
  if (ioctl.deferred)
    out.set("deferred", true);
  Value lengths = Value::object();
  if (ioctl.input_min)
    lengths.set("input_min", *ioctl.input_min);
  if (ioctl.output_min)
    lengths.set("output_min", *ioctl.output_min);
  out.set("lengths", std::move(lengths));
  set_reach(out, reach);
  out.set("gates", texts(ioctl.gates));
  if (driver.devices.size() > 1 && !ioctl.devices.empty())
    out.set("devices", code_devices_value(driver, ioctl));
  if (ioctl.commands) {
    Value values = Value::array();
    for (const std::uint64_t value : ioctl.commands->values)
      values.push(hex(value));
    out.set("commands",
            Value::object(
                {{"offset", ioctl.commands->offset}, {"bytes", ioctl.commands->bytes}, {"values", std::move(values)}}));
  }
  if (!prover)
    return out;
  Value primitives = Value::array();
  for (const driver::Primitive &primitive : ioctl.primitives)
    primitives.push(primitive_value(primitive, pdb, *prover));
  out.set("primitives", std::move(primitives));
  return out;
}

Value callbacks_value(const driver::Driver &driver, const pdb::Pdb *pdb) {
  std::vector<driver::CallbackRegistration> sorted = driver.callbacks;
  std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
    return std::tie(a.role, a.rva, a.through, a.name) < std::tie(b.role, b.rva, b.through, b.name);
  });
  Value out = Value::array();
  for (const driver::CallbackRegistration &callback : sorted) {
    Value one = Value::object({{"role", callback.role}, {"rva", hex(callback.rva.value)}});
    if (!callback.through.empty())
      one.set("through", callback.through);
    if (!callback.name.empty())
      one.set("name", callback.name);
    set_symbol(one, "symbol", callback.rva, pdb);
    out.push(std::move(one));
  }
  return out;
}

/// Imports, and routines found by name at run time, by what they reach.
Value imports_value(const image::Image &image, const driver::Driver &driver) {
  std::map<kernel::Danger, std::vector<std::string>> groups;
  const auto add = [&](std::string_view name) {
    const kernel::Api *api = name.empty() ? nullptr : kernel::find_api(name);
    if (api && api->danger != kernel::Danger::none)
      groups[api->danger].push_back(std::string(name));
  };
  for (const image::ImportedSymbol &symbol : image.imports().symbols)
    add(symbol.name);
  for (const std::string &name : driver.resolved_names)
    add(name);
  Value out = Value::array();
  for (auto &[danger, names] : groups)
    out.push(Value::object({{"group", kernel::word_of(danger)}, {"functions", sorted_texts(std::move(names))}}));
  return out;
}

/// Kernel-mode drivers, and those of UMDF 2.
bool is_followed_kind(const image::FrameworkIdentity &identity) {
  return identity.kernel_mode || identity.primary == image::Framework::umdf;
}

} // namespace

std::string why_no_surface(const image::Image &image) {
  const image::FrameworkIdentity identity = image::identify_framework(image);
  if (!is_followed_kind(identity) && identity.primary != image::Framework::none)
    return "code of drivers that run in user mode (" + std::string(image::name_of(identity.primary)) +
           ") is not followed";
  const auto machine = image.machine();
  const bool lifted =
      machine == image::Machine::i386 || machine == image::Machine::amd64 || machine == image::Machine::arm64;
  return is_followed_kind(identity) && image.entry_code() && !lifted
             ? "code of machine " + std::string(image::name_of(machine)) + " is not followed"
             : "";
}

bool has_surface(const image::Image &image) {
  return image.entry_code() && is_followed_kind(image::identify_framework(image)) && why_no_surface(image).empty();
}

Value surface_value(const driver::Driver &driver, const subject::Access &access, const image::Image &image,
                    const pdb::Pdb *pdb, Prover *prover) {
  Value out = Value::object();
  set_reach(out, access.reach);
  Value devices = Value::array();
  for (std::size_t i = 0; i < driver.devices.size(); ++i)
    devices.push(device_value(driver.devices[i], access.devices[i]));
  out.set("devices", std::move(devices));
  Value ports = Value::array();
  for (std::size_t i = 0; i < driver.ports.size(); ++i)
    ports.push(port_value(driver.ports[i], access.ports[i], pdb));
  out.set("filter_ports", std::move(ports));
  out.set("create_gates", texts(driver.create_gates));
  out.set("dispatch", dispatch_value(driver, pdb));
  Value ioctls = Value::array();
  for (std::size_t i = 0; i < driver.ioctls.size(); ++i)
    ioctls.push(ioctl_value(driver, driver.ioctls[i], access.ioctls[i], pdb, prover));
  out.set("ioctls", std::move(ioctls));
  out.set("callbacks", callbacks_value(driver, pdb));
  out.set("imports", imports_value(image, driver));
  out.set("opened_names", sorted_texts(driver.opened_names));
  out.set("registry", sorted_texts(driver.registry_values));
  out.set("resolved_names", sorted_texts(driver.resolved_names));
  out.set("unmodelled_imports", sorted_texts(driver.unmodelled_imports));
  out.set("entry_succeeded", driver.entry_succeeded);
  out.set("instructions", driver.instructions);
  return out;
}

void say_gaps(const driver::Driver &driver, const facts::SurfaceFacts &facts, report::Coverage &coverage) {
  std::vector<report::CoverageReason> reasons;
  for (const driver::Gap &gap : driver.gaps)
    reasons.push_back({"code", gap.what, gap.rva});
  for (const std::string &name : driver.unmodelled_imports)
    reasons.push_back({"import", name + " is called and has no model: its effects are not known", {}});
  const auto key = [](const report::CoverageReason &r) { return std::tie(r.what, r.rva, r.why); };
  std::sort(reasons.begin(), reasons.end(), [&](const auto &a, const auto &b) { return key(a) < key(b); });
  reasons.erase(
      std::unique(reasons.begin(), reasons.end(), [&](const auto &a, const auto &b) { return key(a) == key(b); }),
      reasons.end());
  if (reasons.empty() && facts.missing.empty())
    return;
  coverage.verdict = std::max(coverage.verdict, report::CoverageVerdict::partial);
  for (const facts::MissingRoute &route : facts.missing)
    coverage.reasons.push_back({route.what, route.why, route.rva});
  const std::size_t shown = std::min(reasons.size(), reason_cap);
  coverage.reasons.insert(coverage.reasons.end(), reasons.begin(),
                          reasons.begin() + static_cast<std::ptrdiff_t>(shown));
  if (shown < reasons.size())
    coverage.reasons.push_back({"code", std::to_string(reasons.size() - shown) + " more places were not analysed", {}});
}

void say_framework(const driver::Driver &driver, const facts::ImageFacts &facts, Value &image) {
  std::string framework = driver.framework.empty() ? facts.framework : driver.framework;
  const auto has = [&](auto &&matches) {
    return std::any_of(driver.entry_points.begin(), driver.entry_points.end(), matches);
  };
  const bool own_dispatch =
      has([](const driver::EntryPoint &e) { return e.major == "IRP_MJ_DEVICE_CONTROL" || e.major == "IRP_MJ_CREATE"; });
  const bool framework_routines = has([](const driver::EntryPoint &e) { return e.major.starts_with("Evt"); });
  if (driver.framework.empty() && facts.framework == image::name_of(image::Framework::kmdf) && own_dispatch &&
      !framework_routines)
    framework = image::name_of(image::Framework::wdm);
  if (framework == facts.framework)
    return;
  Value kinds = Value::array();
  kinds.push(framework);
  for (const std::string &kind : facts.kinds)
    if (kind != framework)
      kinds.push(kind);
  image.set("framework", std::move(framework));
  image.set("kinds", std::move(kinds));
}

} // namespace ringfence::audit
