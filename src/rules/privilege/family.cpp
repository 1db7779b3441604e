#include "family.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ringfence::rules {
namespace {

using facts::CodeFacts;
using facts::PrimitiveFacts;
using facts::Reach;
using finding::Severity;

/// The caller in words, for the beginning of a sentence.
std::string_view caller_of(Reach reach) {
  constexpr std::array<std::string_view, 7> words = {"nobody",
                                                     "a process of SYSTEM",
                                                     "an administrator",
                                                     "a service account",
                                                     "any user",
                                                     "any user, sandboxed processes included",
                                                     "a caller whom the INF, the registry or another driver admits"};
  return words[static_cast<std::size_t>(reach)];
}

std::string values_of(const PrimitiveFacts &primitive) {
  const std::string values =
      primitive.admitted.empty() || primitive.admitted == "any" ? "any value" : "the values " + primitive.admitted;
  return primitive.base.empty() ? values : values + " added to " + primitive.base;
}

bool is_port(const CodeFacts &code) { return code.text.starts_with("port:"); }

/// The entry point at which requests of this code or route arrive.
std::string_view entry_of(const CodeFacts &code) {
  return code.value || code.text == "default" ? std::string_view("IRP_MJ_DEVICE_CONTROL")
         : is_port(code)                      ? std::string_view("MessageNotify")
                                              : std::string_view(code.text);
}

/// What is wrong with the check that is there.
std::string_view advice_on(std::string_view trap) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"deny-list", "it refuses single values: admit single values instead"},
      {"inverted-check", "it lets everything but its range pass: exchange its branches"},
      {"other-width", "it compares another width than the one that is used: compare the value as it is used"},
      {"wrapping-sum", "its sum can wrap: compare the size with limit - start instead"},
      {"signed-check", "it is signed and lets negative values pass: compare unsigned"},
      {"end-not-checked", "it looks at the start only: compare the size with limit - start, too"},
      {"requestor-mode", "RequestorMode is no access check: requests that the file server or another driver passes on "
                         "are KernelMode as well"},
      {"address-valid", "MmIsAddressValid says that a page is there, not that the caller may have it"},
      {"checked-by-number", "a process number can be used again: open the object that was checked, not its number"},
  };
  for (const auto &[name, text] : words)
    if (trap == name)
      return text;
  return "it does not confine the argument";
}

std::string with_argument(std::string_view text, std::string_view argument) {
  const std::size_t hole = text.find("{}");
  return hole == std::string_view::npos
             ? std::string(text)
             : std::string(text.substr(0, hole)) + std::string(argument) + std::string(text.substr(hole + 2));
}

/// What is left to do about access, which never replaces the check.
std::string access_advice(const CodeFacts &code) {
  if (code.reach == Reach::admin || code.reach == Reach::system)
    return {};
  if (is_port(code))
    return "; give the port the descriptor of FltBuildDefaultSecurityDescriptor, which admits SYSTEM and "
           "administrators";
  std::string advice = "; admit only SYSTEM and administrators to the device (IoCreateDeviceSecure or the INF with "
                       "D:P(A;;GA;;;SY)(A;;GA;;;BA), "
                       "FILE_DEVICE_SECURE_OPEN)";
  if (code.value && code.access() == 0)
    advice += " and define the code with FILE_READ_ACCESS | FILE_WRITE_ACCESS";
  return advice;
}

/// The check to add and its place, what is wrong with the one that is there, then who may call.
std::string fix_of(const CodeFacts &code, const PrivilegedKind &kind, const PrimitiveFacts &primitive,
                   const PrivilegedFamily &family) {
  std::string fix = "In " + std::string(code.value ? "code " : "the route ") + code.text + ", before " +
                    hex(primitive.sink.value) + ": ";
  fix += with_argument(kind.check.empty() ? family.remedy : kind.check, primitive.argument);
  if (!primitive.trap.empty()) {
    fix += "; the check that is there";
    if (!primitive.checks.empty())
      fix += " (" + primitive.checks.back().text + " at " + hex(primitive.checks.back().at.value) + ")";
    fix += " does not do: " + std::string(advice_on(primitive.trap));
  }
  return fix + access_advice(code) + ".";
}

std::vector<finding::PathStep> path_of(const facts::SurfaceFacts &surface, const CodeFacts &code,
                                       const PrimitiveFacts &primitive) {
  std::vector<finding::PathStep> path;
  unsigned request = 0;
  const auto step = [&](std::string what, std::optional<Rva> at = {}) {
    path.push_back({std::move(what), {.rva = at}, request});
  };
  step(std::string(is_port(code) ? "the port is connected: " : "the device is opened: ") +
       (code.reach_why.empty() ? std::string(facts::name_of(code.reach)) : code.reach_why));
  for (const std::string &earlier : primitive.earlier) {
    ++request;
    const CodeFacts *sent = surface.code(earlier);
    step((sent && sent->value ? "code " : "route ") + earlier + " is handled, and leaves what a later request uses",
         sent ? std::optional(sent->handler) : std::nullopt);
  }
  ++request;
  if (const facts::EntryFacts *entry = surface.entry(entry_of(code)))
    step("the request arrives at " + entry->name, entry->rva);
  step((code.value ? "code " : "route ") + code.text + " is handled", code.handler);
  for (const std::string &gate : code.gates)
    step("the caller is checked: " + gate);
  for (const facts::StepFacts &call : primitive.calls)
    step(call.text, call.at);
  for (const facts::StepFacts &check : primitive.checks)
    step("passes " + check.text, check.at);
  step(primitive.kind + " by " + primitive.argument + ": " + values_of(primitive), primitive.sink);
  return path;
}

/// All unconfined uses of one kind in one code are one finding: they have one cause and one fix.
void fail_code(const facts::SurfaceFacts &surface, const CodeFacts &code, const PrivilegedKind &kind,
               const PrimitiveFacts &primitive, std::size_t more, Severity severity, const PrivilegedFamily &family,
               Sink &sink) {
  std::string message = std::string(caller_of(code.reach)) + " can " + std::string(kind.does) + ": with " +
                        (code.value ? "code " : "the route ") + code.text;
  for (std::size_t i = 0; i < primitive.earlier.size(); ++i)
    message += (i == 0 ? " after " : ", ") + primitive.earlier[i];
  message += family.nothing.empty() ? " the argument " + primitive.argument + " takes " + values_of(primitive)
                                    : ", by " + primitive.argument;
  if (!primitive.trap.empty())
    message += "; a check on the way does not confine it (" + primitive.trap + ")";
  if (more > 0)
    message += ", and so at " + std::to_string(more) + (more == 1 ? " more place" : " more places") + " of this code";
  sink.fail(std::move(message), {.anchor = code.text + " " + std::string(kind.kind),
                                 .location = {.rva = primitive.sink},
                                 .at_most = severity,
                                 .reach = std::string(facts::name_of(code.reach)),
                                 .gives = std::string(name_of(kind.power)),
                                 .path = path_of(surface, code, primitive),
                                 .fix = fix_of(code, kind, primitive, family)});
}

} // namespace

std::string_view name_of(Power power) {
  return power == Power::full     ? "the kernel"
         : power == Power::strong ? "a step to the kernel"
                                  : "information or resources";
}

std::optional<Severity> severity_of(Power power, Reach reach) {
  const auto of = [power](Severity limited, Severity strong, Severity full) {
    return power == Power::limited ? limited : power == Power::strong ? strong : full;
  };
  switch (reach) {
  case Reach::none:
    return std::nullopt;
  case Reach::system:
    return of(Severity::note, Severity::low, Severity::low);
  case Reach::admin:
    return of(Severity::low, Severity::medium, Severity::high);
  case Reach::service:
  case Reach::any_user:
  case Reach::appcontainer:
    return of(Severity::medium, Severity::high, Severity::critical);
  case Reach::unknown:
    return of(Severity::low, Severity::medium, Severity::high);
  }
  return Severity::high;
}

void judge_family(const facts::SurfaceFacts &surface, Sink &sink, const PrivilegedFamily &family) {
  bool failed = false;
  std::string confined, unreachable;
  for (const CodeFacts &code : surface.codes)
    for (const PrivilegedKind &kind : family.kinds) {
      const PrimitiveFacts *first = nullptr;
      std::size_t open = 0;
      for (const PrimitiveFacts &primitive : code.primitives) {
        if (primitive.kind != kind.kind)
          continue;
        if (primitive.constrained) {
          confined += (confined.empty() ? "" : ", ") + code.text + " confines " + primitive.argument + " to " +
                      primitive.admitted;
          continue;
        }
        first = first ? first : &primitive;
        ++open;
      }
      const auto severity = severity_of(kind.power, code.reach);
      if (first && !severity)
        unreachable += (unreachable.empty() ? "" : ", ") + code.text;
      if (!first || !severity)
        continue;
      failed = true;
      fail_code(surface, code, kind, *first, open - 1, *severity, family, sink);
    }
  if (failed)
    return;
  std::string text = confined.empty() && unreachable.empty()
                         ? (family.nothing.empty() ? "no code lets its caller choose " + std::string(family.subject)
                                                   : std::string(family.nothing))
                         : confined;
  if (!unreachable.empty())
    text += (text.empty() ? "nobody can send " : "; nobody can send ") + unreachable;
  sink.pass(std::move(text));
}

} // namespace ringfence::rules
