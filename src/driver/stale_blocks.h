// Blocks of the pool that an earlier request has freed: writing one, or freeing it again, is a defect. What a path
// frees is written into its log, so that later requests of a sequence know it.
#pragma once

#include "request.h"

#include <ringfence/driver/driver.h>

#include <map>
#include <string_view>
#include <vector>

namespace ringfence::driver {

class StaleBlocks : public Observer {
public:
  static constexpr std::string_view freed_note = "freed block";

  /// Forgets everything: the next paths are of this request.
  void begin(World &world, const Request &request);
  std::vector<Primitive> take(World &world) const;
  /// The blocks that the path has freed, ascending.
  static std::vector<symbolic::ObjectId> freed_on(World &world, const symbolic::State &state);
  static bool is_freed(World &world, const symbolic::State &state, symbolic::ObjectId block);

  void import_called(World &world, symbolic::State &state, const ImportCall &call) override;
  void access(World &world, symbolic::State &state, const symbolic::Access &access) override;

private:
  bool was_freed(symbolic::ObjectId block) const;

  std::vector<symbolic::ObjectId> before_;            ///< freed by earlier requests, ascending
  std::map<std::uint64_t, std::string_view> defects_; ///< by place: the argument's name
};

} // namespace ringfence::driver
