// The words of the facts; everything else in the room is plain data.
#include <ringfence/facts/facts.h>

#include <array>

namespace ringfence::facts {

namespace {
constexpr std::array<std::string_view, 7> reach_names = {"none",     "system",       "admin",  "service",
                                                         "any-user", "appcontainer", "unknown"};
}

std::string_view name_of(Reach reach) { return reach_names[static_cast<std::size_t>(reach)]; }

std::optional<Reach> reach_from_name(std::string_view name) {
  for (std::size_t i = 0; i < reach_names.size(); ++i)
    if (reach_names[i] == name)
      return static_cast<Reach>(i);
  return std::nullopt;
}

} // namespace ringfence::facts
