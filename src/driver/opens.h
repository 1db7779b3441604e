// What an open of a device leaves for the requests on its handle. Every request comes behind an IRP_MJ_CREATE: where a
// successful open changes memory that all handles share (a flag, a list, a count), requests start from what it left.
// Other opens, by their name say, are routes of their own that come before requests.
#pragma once

#include "persistent_state.h"

#include <map>
#include <optional>
#include <vector>

namespace ringfence::driver {

/// The states that the successful paths of one device's opens end in. Paths that pass a check of the caller count only
/// where all do.
class OpenStates {
public:
  /// Adds a path that opened the device.
  void add(World &world, const Request &open, const symbolic::State &ended, const symbolic::PathFacts &facts);
  std::vector<AfterState> take();
  /// True when no open without a name succeeds.
  bool needs_name() const { return needs_name_; }

private:
  static constexpr std::string_view name_ = "IRP_MJ_CREATE";
  AfterStates free_{name_, std::nullopt}, checked_{name_, std::nullopt};
  bool has_free_ = false, needs_name_ = true;
};

class Opens {
public:
  /// What opens of a device left; `boot`: the state that the opens started from.
  void add(World &world, std::uint64_t device, symbolic::ObjectId file_object, const symbolic::State &boot,
           OpenStates opens);
  /// The open that all requests to a device come behind; null: they start from the memory that the driver's start left.
  const AfterState *before_requests(std::uint64_t device) const;
  /// Puts a request that was made on that state behind the open.
  static void put_behind(const AfterState &open, Request &request);
  /// Opens that leave something else, as a route.
  std::optional<StatefulRoute> route(std::uint64_t device) const;

private:
  struct Device {
    std::optional<AfterState> usual;
    std::vector<AfterState> others;
  };
  std::map<std::uint64_t, Device> devices_;
};

} // namespace ringfence::driver
