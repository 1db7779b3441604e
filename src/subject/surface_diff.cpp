#include <ringfence/subject/surface_diff.h>

#include <ringfence/base/text.h>
#include <ringfence/security/access_check.h>
#include <ringfence/security/reach.h>
#include <ringfence/security/sddl.h>
#include <ringfence/security/token.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace ringfence::subject {
namespace {

using security::ReachClass;

/// The objects of a list by the text of a member; of several with the same text the first counts.
std::map<std::string, const Value *> by_text(const Value &surface, std::string_view list, std::string_view key) {
  std::map<std::string, const Value *> out;
  for (const Value &one : surface.items_at(list)) {
    const std::string text = one.text_at(key);
    std::string name = text; // devices without a name, one code of several devices: by their order
    for (std::size_t n = 2; !out.emplace(name, &one).second; ++n)
      name = text + " #" + std::to_string(n);
  }
  return out;
}

std::set<std::string> texts_of(const Value &object, std::string_view key) {
  std::set<std::string> out;
  for (const Value &one : object.items_at(key))
    if (const std::string *text = one.if_string())
      out.insert(*text);
  return out;
}

/// Groups of imports that give power over the machine; a new one is a reason to look again.
bool is_dangerous(std::string_view group) {
  constexpr std::array<std::string_view, 14> groups = {
      "physical-memory", "ports",          "registers",   "msr", "pci",       "firmware", "process",
      "thread",          "process-memory", "driver-load", "mdl", "callbacks", "token",    "processor"};
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

class Comparison {
public:
  Comparison(const Value &before, const Value &after) : before_(before), after_(after) {}

  std::vector<SurfaceChange> run() {
    reach("surface", before_, after_);
    gates("IRP_MJ_CREATE", "create_gates", before_, after_);
    devices();
    ports();
    codes();
    imports();
    std::stable_sort(changes_.begin(), changes_.end(), [](const SurfaceChange &a, const SurfaceChange &b) {
      return std::tuple(!a.worse, std::string_view(a.kind), std::string_view(a.subject)) <
             std::tuple(!b.worse, std::string_view(b.kind), std::string_view(b.subject));
    });
    return std::move(changes_);
  }

private:
  void say(std::string kind, std::string subject, std::string what, bool worse) {
    changes_.push_back({std::move(kind), std::move(subject), std::move(what), worse});
  }

  void reach(const std::string &subject, const Value &before, const Value &after) {
    const std::string was = before.text_at("reach"), is = after.text_at("reach");
    const auto old_class = security::reach_class_from_name(was), new_class = security::reach_class_from_name(is);
    if (was != is && old_class && new_class) {
      const bool known = *old_class != ReachClass::unknown && *new_class != ReachClass::unknown;
      const bool wider = known && *new_class > *old_class;
      say(!known  ? "reach-changed"
          : wider ? "reach-wider"
                  : "reach-narrower",
          subject, was + " -> " + is + ": " + after.text_at("reach_why"), wider);
    } else if (!before.flag_at("low_integrity") && after.flag_at("low_integrity")) {
      say("reach-wider", subject, "a process at Low integrity gets there now", true);
    }
  }

  void gates(const std::string &subject, std::string_view key, const Value &before, const Value &after) {
    const auto was = texts_of(before, key), is = texts_of(after, key);
    for (const std::string &gate : was)
      if (!is.contains(gate))
        say("check-dropped", subject, gate + " is no longer called", true);
    for (const std::string &gate : is)
      if (!was.contains(gate))
        say("check-added", subject, gate, false);
  }

  void devices() {
    const auto was = by_text(before_, "devices", "name"), is = by_text(after_, "devices", "name");
    for (const auto &[name, device] : was)
      if (!is.contains(name))
        say("device-removed", shown(name), "", false);
    for (const auto &[name, device] : is) {
      const auto old = was.find(name);
      if (old == was.end())
        say("device-added", shown(name), "reach: " + device->text_at("reach"), true);
      else
        compare_device(shown(name), *old->second, *device);
    }
  }

  void compare_device(const std::string &name, const Value &before, const Value &after) {
    reach(name, before, after);
    if (before.flag_at("secure_open") && !after.flag_at("secure_open"))
      say("secure-open-dropped", name, "opens with a name behind the device's name bypass the descriptor", true);
    else if (!before.flag_at("secure_open") && after.flag_at("secure_open"))
      say("secure-open-added", name, "", false);
    const std::string was = before.text_at("effective_sddl"), is = after.text_at("effective_sddl");
    if (was != is) {
      const bool weaker = !was.empty() && (is.empty() || grants_more(was, is));
      say(weaker ? "descriptor-weaker" : "descriptor-changed", name,
          (was.empty() ? "none" : was) + " -> " + (is.empty() ? "none" : is), weaker);
    }
    const auto old_links = texts_of(before, "links");
    for (const std::string &link : texts_of(after, "links"))
      if (!old_links.contains(link))
        say("link-added", name, link, false);
    const auto old_interfaces = texts_of(before, "interfaces");
    for (const std::string &guid : texts_of(after, "interfaces"))
      if (!old_interfaces.contains(guid))
        say("interface-added", name, guid, true);
  }

  void ports() {
    const auto was = by_text(before_, "filter_ports", "name"), is = by_text(after_, "filter_ports", "name");
    for (const auto &[name, port] : was)
      if (!is.contains(name))
        say("port-removed", name, "", false);
    for (const auto &[name, port] : is) {
      const auto old = was.find(name);
      if (old == was.end()) {
        say("port-added", name, "reach: " + port->text_at("reach"), true);
        continue;
      }
      reach(name, *old->second, *port);
      gates(name, "connect_gates", *old->second, *port);
      const std::string before = old->second->text_at("sddl"), after = port->text_at("sddl");
      if (before != after)
        say("descriptor-changed", name, (before.empty() ? "none" : before) + " -> " + (after.empty() ? "none" : after),
            false);
    }
  }

  void codes() {
    const auto was = by_text(before_, "ioctls", "code"), is = by_text(after_, "ioctls", "code");
    for (const auto &[code, ioctl] : was)
      if (!is.contains(code))
        say("code-removed", code, ioctl->text_at("name"), false);
    for (const auto &[code, ioctl] : is) {
      const auto old = was.find(code);
      if (old == was.end())
        say("code-added", code, ioctl->text_at("status") + ", reach: " + ioctl->text_at("reach"),
            ioctl->text_at("status") != "rejected");
      else
        compare_code(code, *old->second, *ioctl);
    }
  }

  void compare_code(const std::string &code, const Value &before, const Value &after) {
    const std::string was = before.text_at("status"), is = after.text_at("status");
    if (was != is)
      say("status-changed", code, was + " -> " + is, was == "rejected");
    reach(code, before, after);
    gates(code, "gates", before, after);
    const Value none;
    const Value *old_lengths = before.find("lengths"), *new_lengths = after.find("lengths");
    for (const char *key : {"input_min", "output_min"}) {
      const std::uint64_t least = (old_lengths ? *old_lengths : none).number_at(key).value_or(0);
      const std::uint64_t now = (new_lengths ? *new_lengths : none).number_at(key).value_or(0);
      if (least != now && is != "rejected" && was != "rejected")
        say(now < least ? "length-lower" : "length-higher", code,
            std::string(key) + " " + std::to_string(least) + " -> " + std::to_string(now), now < least);
    }
  }

  void imports() {
    const auto was = by_text(before_, "imports", "group"), is = by_text(after_, "imports", "group");
    const Value none;
    for (const auto &[group, value] : is) {
      const auto old = was.find(group);
      const auto known = texts_of(old == was.end() ? none : *old->second, "functions");
      for (const std::string &name : texts_of(*value, "functions"))
        if (!known.contains(name))
          say("import-added", name, group, is_dangerous(group));
    }
  }

  static std::string shown(const std::string &name) { return name.empty() ? "(unnamed device)" : name; }

  const Value &before_;
  const Value &after_;
  std::vector<SurfaceChange> changes_;
};

} // namespace

bool grants_more(const std::string &before, const std::string &after) {
  const auto parse = [](const std::string &text) {
    return security::parse_sddl(text, {security::SddlMode::windows, {}});
  };
  auto was = parse(before), is = parse(after);
  if (!was || !is)
    return false;
  // Owners differ in nothing a device's caller gets; see reach_of.
  was->descriptor.owner.reset();
  is->descriptor.owner.reset();
  for (const security::TokenPreset &preset : security::token_presets()) {
    const auto token = security::token_from_preset(preset.name);
    if (!token)
      continue;
    const security::AccessRequest request{.desired = security::access::maximum_allowed};
    const auto old_rights = security::check_access(was->descriptor, *token, request).granted;
    const auto new_rights = security::check_access(is->descriptor, *token, request).granted;
    if ((new_rights & ~old_rights) != 0)
      return true;
  }
  return false;
}

std::vector<SurfaceChange> diff_surfaces(const Value &before, const Value &after) {
  return Comparison(before, after).run();
}

} // namespace ringfence::subject
