// Memory defects that a caller of one control code can reach: user addresses used without a probe, copies and stores
// that leave their object, lengths whose arithmetic wraps, values fetched twice, requests without a buffer, answers
// that disclose kernel memory, and handles and objects of the caller's used as the driver's own. Only what a path shows
// is reported: the value is the caller's, the room is known, and no check of the path can be what keeps the two apart.
// docs/memory-safety.md.
#pragma once

#include "bounds.h"
#include "request.h"

#include <ringfence/driver/driver.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ringfence::driver {

class MemorySafetyObserver : public Observer {
public:
  /// Forgets everything: the next paths are of this request, with this control code; nothing when it has none.
  void begin(const Request &request, std::optional<std::uint32_t> code);
  /// The same for paths that may still become one of several codes: what is seen is written into the path's log only.
  void begin_common(const Request &request);
  /// Takes over what was seen on a path before its control code became one value.
  void adopt(World &world, const symbolic::State &state);
  /// True when a path used a buffer that a request without bytes does not have, as far as its lengths tell.
  bool may_miss_buffer() const { return may_miss_buffer_; }
  /// From here on only uses of a missing buffer are looked for: the request has none.
  void begin_empty() { empty_ = true; }
  /// The defects of the paths seen since begin(), by place.
  std::vector<Primitive> take(World &world);

  void import_called(World &world, symbolic::State &state, const ImportCall &call) override;
  void access(World &world, symbolic::State &state, const symbolic::Access &access) override;
  void repeated(World &world, symbolic::State &path, const symbolic::State &round,
                const symbolic::RepeatedStore &store) override;

private:
  struct Defect {
    std::string argument;
    unsigned bits = 0;
    std::vector<symbolic::Range> admitted; ///< empty: no value of the caller's decides
  };
  /// The smallest pool block: an allocation of fewer bytes has as many.
  static std::uint64_t smallest_block(const Machine &machine) { return machine.bits() == 32 ? 8 : 16; }
  static std::string_view overflow_of(symbolic::ObjectKind kind) {
    return kind == symbolic::ObjectKind::stack ? "stack-overflow" : "pool-overflow";
  }
  /// Texts of notes in a path's log.
  static constexpr std::string_view bulk_event = "bulk", overflow_event = "overflow",
                                    behind_the_end = "written behind the end";
  enum class Exposure : std::uint8_t { none, kernel_address, uninitialised };

  void report(World &world, symbolic::State &state, std::string_view kind, std::string_view argument,
              symbolic::Expr value, std::uint64_t pc);
  bool buffered() const { return code_ && (*code_ & 3) == 0; }
  bool is_output(symbolic::ObjectId id, symbolic::ObjectKind kind) const;

  // Calls.
  void pointer_arguments(World &world, symbolic::State &state, const kernel::Api &api, std::uint64_t pc);
  void text_copies(World &world, symbolic::State &state, const kernel::Api &api, std::uint64_t pc);

  // Accesses.
  static bool is_new_on_path(World &world, const symbolic::State &state, std::string_view what,
                             symbolic::ObjectId object);
  static bool first_on_path(World &world, symbolic::State &state, std::string_view what, symbolic::ObjectId object);
  bool is_unchecked(World &world, const symbolic::State &state, symbolic::Expr address) const;
  bool own_place(World &world, symbolic::State &state, symbolic::Expr address, std::uint64_t pc);
  static bool is_probed(World &world, const symbolic::State &state, symbolic::Expr address, symbolic::Expr bytes);
  void user_pointer(World &world, symbolic::State &state, const symbolic::Access &access);
  void fetched_twice(World &world, symbolic::State &state, symbolic::Expr value, std::uint64_t pc);
  void missing_buffer(World &world, symbolic::State &state, const symbolic::Access &access);
  void used_without_buffer(World &world, symbolic::State &state, const symbolic::Access &access);
  static bool is_guarded(World &world, const symbolic::State &state, std::uint64_t pc);
  void bulk_write(World &world, symbolic::State &state, const symbolic::Access &access);
  void single_write(World &world, symbolic::State &state, const symbolic::Access &access);
  symbolic::Expr extent_of(World &world, symbolic::State &state, symbolic::ObjectId id, std::uint64_t offset) const;

  void note_user_mapping(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                         std::uint64_t pc);
  void note_information(World &world, symbolic::State &state, const symbolic::Access &access);

  // What the answer discloses (memory_leaks.cpp).
  void written_to_output(World &world, symbolic::State &state, const symbolic::Access &access);
  void copied_to_output(World &world, symbolic::State &state, const symbolic::Access &access);
  void exposed(World &world, symbolic::State &state, const symbolic::Access &access, std::uint64_t offset,
               symbolic::Expr value);
  void completed(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                 std::uint64_t pc);
  void unwritten_answer(World &world, symbolic::State &state, symbolic::Expr information, std::uint64_t pc);
  Exposure exposure_of(World &world, symbolic::Expr value);
  bool is_uninitialised(World &world, symbolic::Expr value);

  // Requests, text and pages used as they must not be (memory_misuse.cpp).
  void completed_twice(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                       std::uint64_t pc);
  void formats(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
               std::uint64_t pc);
  void locked_without_handler(World &world, symbolic::State &state, const kernel::Api &api,
                              const kernel::Effect &effect, std::uint64_t pc);
  void probed_without_handler(World &world, symbolic::State &state, const kernel::Api &api,
                              const kernel::Effect &effect, std::uint64_t pc);
  static void note_description(World &world, symbolic::State &state, const kernel::Api &api,
                               const kernel::Effect &effect, std::uint64_t pc);
  std::optional<symbolic::Expr> longest_text(World &world, symbolic::State &state, symbolic::Expr address) const;
  void formatted_into(World &world, symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect,
                      symbolic::Expr length, symbolic::Expr text, std::uint64_t pc);

  // Handles and objects (memory_handles.cpp).
  void handles(World &world, symbolic::State &state, const kernel::Api &api, std::uint64_t pc);
  void open_without_kernel_handle(World &world, symbolic::State &state, const kernel::Api &api,
                                  const kernel::Effect &effect, std::uint64_t pc);

  const Request *request_ = nullptr;
  std::optional<std::uint32_t> code_;
  bool common_ = false;                                             ///< the paths may still become one of several codes
  std::map<std::pair<std::uint64_t, std::string>, Defect> defects_; ///< by place and kind
  std::set<std::uint64_t> user_mappings_;                           ///< places (RVA) of calls that map for user mode
  std::set<std::uint64_t> user_views_; ///< addresses whose bytes were mapped for user mode, too
  bool may_miss_buffer_ = false;
  bool empty_ = false; ///< the request has no buffer
};

} // namespace ringfence::driver
