// Commands inside a request's buffer: a field of the caller's bytes that the driver compares with several values. What
// the branches of the paths of one code, or of one route, say about such fields.
#pragma once

#include "request.h"

#include <ringfence/driver/driver.h>

#include <map>
#include <set>

namespace ringfence::driver {

class CommandValues {
public:
  /// Adds the comparisons on one path.
  void add(World &world, const symbolic::State &state, const Request &request);
  /// The field with the most values; nothing when no field is compared with two.
  std::optional<Commands> best() const;

private:
  struct Place {
    std::uint64_t offset;
    unsigned bits;
    friend auto operator<=>(const Place &, const Place &) = default;
  };
  std::map<Place, std::set<std::uint64_t>> values_;
};

} // namespace ringfence::driver
