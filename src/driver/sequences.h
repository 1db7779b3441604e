// Sequences of requests: where one route reads memory that another one changes, it runs again from what the other left,
// and then from what two left. What a caller can do then and could not do with a single request is reported together
// with the requests that must come first. Drivers whose routes share nothing pay nothing.
#pragma once

#include "persistent_state.h"
#include "route_observer.h"

#include <ringfence/driver/driver.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace ringfence::driver {

/// True for a path of a request that ends without a failure.
bool ended_well(World &world, const symbolic::State &state, symbolic::PathEnd end, const Request &request);

class Sequences {
public:
  /// A request of `major` on top of `from`; nothing when the device has no routine for it.
  using MakeRequest = std::function<std::optional<Request>(const symbolic::State &from, std::uint8_t major)>;
  /// `boot`: the state that single requests start from.
  Sequences(World &world, const Budget &budget, const symbolic::State &boot, MakeRequest make)
      : world_(world), budget_(budget), boot_(boot), make_(std::move(make)) {}

  /// The first `requests` of every sequence come in front of single requests as well: findings do not name them.
  void come_behind(std::size_t requests) { unnamed_ = requests; }
  /// What happens between requests without bytes of a caller: the handle is closed and opened again, and the kernel
  /// calls what the driver's start registered. `start`: the memory of the driver's start, before any open.
  void add_silent(const symbolic::State &start, symbolic::ObjectId file_object,
                  std::span<const Event *const> registered);
  void add(StatefulRoute route) { routes_.push_back(std::move(route)); }
  /// Adds to `ioctls`, by name, what needs more than one request.
  void run(std::vector<Ioctl> &ioctls);
  /// A route whose run was cut off because the fuel for sequences was spent; empty: there was enough.
  const std::string &cut_off() const { return cut_off_; }

private:
  static constexpr std::size_t most_states = 96; ///< that sequences of one length lead to
  struct Job {
    unsigned rank = 0; ///< the lower the sooner
    std::size_t route = 0, state = 0;
  };
  /// Of the paths of one run that end well.
  struct Outcome {
    bool succeeds = false;
    std::optional<std::uint64_t> input_min, output_min;
    void meet(World &world, const Request &request, const symbolic::State &state);
  };
  std::vector<Job> jobs_for(const std::vector<AfterState> &states);
  std::string what_it_sees(const CellReads &reads, const AfterState &after, unsigned &rank);
  /// Runs a route after the requests of a state.
  void run_job(std::size_t route, const AfterState &after, std::vector<Ioctl> &ioctls, std::vector<AfterState> *next,
               bool prepares);
  void prepare(const AfterState &after, const CellReads &reads, std::vector<Ioctl> &ioctls,
               std::vector<AfterState> &next);
  /// Where findings of a route behind other requests belong; null when they belong nowhere.
  static Ioctl *reported_at(const StatefulRoute &route, std::span<const EarlierRequest> earlier,
                            std::vector<Ioctl> &ioctls);
  /// Takes from `observer` what `ioctl` does not have yet.
  void report(const StatefulRoute &route, const Request &request, RouteObserver &observer, const Outcome &outcome,
              Ioctl &ioctl);
  // silent_routes.cpp
  void follow_silent();
  void run_silent(std::size_t route, const AfterState &after, std::vector<Ioctl> &ioctls,
                  std::vector<AfterState> *next);
  std::vector<symbolic::State> run_step(Request request, const StatefulRoute &route, const AfterState &after,
                                        std::vector<Ioctl> &ioctls, CellReads &reads);
  void reopen(std::size_t route, const AfterState &after, std::vector<Ioctl> &ioctls, std::vector<AfterState> *next);
  static bool is_said(const Primitive &primitive, const std::vector<Primitive> &others);

  World &world_;
  const Budget &budget_;
  const symbolic::State &boot_;
  MakeRequest make_;
  std::vector<StatefulRoute> routes_;
  std::vector<std::set<std::string>> seen_; ///< by route: what it has run on
  std::set<std::pair<std::size_t, const AfterState *>>
      prepared_; ///< routes that have run after a state for what they leave; never iterated
  std::size_t unnamed_ = 0;
  const symbolic::State *start_ = nullptr; ///< of add_silent
  symbolic::ObjectId file_object_;
  std::uint64_t first_instruction_ = 0;
  std::string cut_off_;
};

} // namespace ringfence::driver
