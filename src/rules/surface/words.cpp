#include "words.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <map>

namespace ringfence::rules {

std::string name_of(const facts::DeviceFacts &device) {
  return device.name.empty() ? "with a generated name" : device.name;
}

finding::Location place_of(const facts::DeviceFacts &device) {
  return device.created_at.value != 0 ? finding::Location{.rva = device.created_at} : finding::Location{};
}

std::string enumeration(const std::vector<std::string> &texts) {
  constexpr std::size_t most = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(most, texts.size()); ++i)
    out += (i == 0 ? "" : ", ") + texts[i];
  return texts.size() > most ? out + " and " + std::to_string(texts.size() - most) + " more" : out;
}

bool has_open_primitive(const facts::CodeFacts &code) {
  return std::any_of(code.primitives.begin(), code.primitives.end(),
                     [](const facts::PrimitiveFacts &p) { return !p.constrained; });
}

finding::Severity with_memory_integrity(const facts::Facts &facts, finding::Severity there) {
  return facts.image->has_memory_integrity() ? there : std::min(there, finding::Severity::low);
}

void judge_codes(const facts::Facts &facts, Sink &sink, const CodeQuestion &question) {
  std::vector<std::string> found;
  facts::Reach widest = facts::Reach::none;
  bool steers = false, any = false;
  Rva handler;
  for (const facts::CodeFacts &code : facts.surface->codes) {
    if (!code.value || code.status == facts::CodeStatus::rejected)
      continue;
    any = true;
    if (!question.is_bad(code))
      continue;
    if (found.empty())
      handler = code.handler;
    found.push_back(code.text);
    steers = steers || has_open_primitive(code);
    widest = widest == facts::Reach::unknown ? widest : std::max(widest, code.reach);
  }
  if (!any)
    return sink.not_applicable("the driver distinguishes no control codes");
  if (found.empty())
    return sink.pass(std::string(question.good));
  sink.fail(std::to_string(found.size()) + (found.size() == 1 ? " control code " : " control codes ") +
                std::string(found.size() == 1 ? question.one : question.many) + ": " + enumeration(found),
            {.anchor = std::string(question.anchor),
             .location = {.rva = handler},
             .at_most = steers ? finding::Severity::medium : finding::Severity::low,
             .reach = std::string(facts::name_of(widest))});
}

void judge_arguments(const facts::Facts &facts, Sink &sink, const ArgumentQuestion &question,
                     finding::Severity at_most) {
  struct Place {
    bool bad = true; ///< at every value that it was seen with
    bool known = false;
  };
  std::map<std::pair<std::string_view, Rva>, Place> places;
  for (const facts::ArgumentFacts &argument : facts.surface->arguments) {
    if (std::find(question.kinds.begin(), question.kinds.end(), argument.kind) == question.kinds.end())
      continue;
    Place &place = places[{argument.routine, argument.at}];
    place.known = place.known || argument.value.has_value();
    place.bad = place.bad && argument.value && question.is_bad(argument);
  }
  if (places.empty())
    return sink.not_applicable(std::string(question.none));
  std::map<std::string_view, std::vector<Rva>> bad;
  std::size_t unknown = 0;
  for (const auto &[key, place] : places) {
    unknown += place.known ? 0 : 1;
    if (place.bad)
      bad[key.first].push_back(key.second);
  }
  for (const auto &[routine, at] : bad)
    sink.fail("the driver calls " + printable(routine) + " " + std::string(question.bad) +
                  (at.size() == 1 ? "" : ", at " + std::to_string(at.size()) + " places"),
              {.anchor = std::string(routine), .location = {.rva = at.front()}, .at_most = at_most});
  if (bad.empty())
    sink.pass(std::string(question.good) + (unknown == 0
                                                ? ""
                                                : "; the argument of " + std::to_string(unknown) + " of " +
                                                      std::to_string(places.size()) + " calls is not constant"));
}

} // namespace ringfence::rules
