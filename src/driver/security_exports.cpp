#include "security_exports.h"

#include <array>
#include <span>

namespace ringfence::driver {

namespace {

/// LUIDs of the first members, in the structure's order.
constexpr std::array<std::uint8_t, 23> privileges = {2,  3,  4,  5,  6,  7,  8,  9,  10, 15, 14, 11,
                                                     12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24};
constexpr std::array<std::uint8_t, 3> later_privileges = {25, 26, 27};
constexpr std::array<std::uint8_t, 3> last_privileges = {28, 29, 30};

struct WellKnownSid {
  std::uint8_t authority;
  std::uint8_t count;
  std::array<std::uint32_t, 2> sub;
};
constexpr std::array<WellKnownSid, 22> sids = {{
    {0, 1, {0}},       // null
    {1, 1, {0}},       // world
    {2, 1, {0}},       // local
    {3, 1, {0}},       // creator owner
    {3, 1, {1}},       // creator group
    {5, 0, {}},        // NT authority
    {5, 1, {1}},       // dialup
    {5, 1, {2}},       // network
    {5, 1, {3}},       // batch
    {5, 1, {4}},       // interactive
    {5, 1, {18}},      // local system
    {5, 2, {32, 544}}, // administrators
    {5, 2, {32, 545}}, // users
    {5, 2, {32, 546}}, // guests
    {5, 2, {32, 547}}, // power users
    {5, 2, {32, 548}}, // account operators
    {5, 2, {32, 549}}, // system operators
    {5, 2, {32, 550}}, // print operators
    {5, 2, {32, 551}}, // backup operators
    {5, 1, {11}},      // authenticated users
    {5, 1, {12}},      // restricted
    {5, 1, {7}},       // anonymous
}};
constexpr std::array<WellKnownSid, 2> later_sids = {{{5, 1, {19}}, {5, 1, {20}}}}; // local service, network service

} // namespace

std::uint64_t make_security_exports(Machine &machine, symbolic::State &state) {
  using symbolic::Fill;
  using symbolic::ObjectKind;
  const unsigned pointer = machine.bits() / 8;
  const auto exports = machine.new_object("SE_EXPORTS", 0x400, ObjectKind::kernel, Fill::lazy, symbolic::label_kernel);
  std::uint64_t at = 0;
  const auto put_privileges = [&](std::span<const std::uint8_t> list) {
    for (const std::uint8_t value : list) {
      machine.store(state, exports, at, value, 8);
      at += 8;
    }
  };
  const auto put_sids = [&](std::span<const WellKnownSid> list) {
    for (const WellKnownSid &sid : list) {
      const auto object = machine.new_object("SID", 8 + 4u * sid.count, ObjectKind::kernel, Fill::zero, 0);
      machine.store(state, object, 0, 1, 1);
      machine.store(state, object, 1, sid.count, 1);
      machine.store(state, object, 7, sid.authority, 1);
      for (std::size_t i = 0; i < sid.count; ++i)
        machine.store(state, object, 8 + 4 * i, sid.sub[i], 4);
      machine.store(state, exports, at, machine.objects()[object].base, pointer);
      at += pointer;
    }
  };
  put_privileges(privileges);
  put_sids(sids);
  put_privileges(later_privileges);
  put_sids(later_sids);
  put_privileges(last_privileges);
  return machine.objects()[exports].base;
}

} // namespace ringfence::driver
