// Witnesses out of a report, run again: does a build of the driver still do what the report proves? The build may be
// another one than the report's; its places differ then, so that an operation of the same kind anywhere counts.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/value.h>
#include <ringfence/image/image.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::audit {

/// Schema of a file that holds one witness.
inline constexpr std::string_view witness_schema = "ringfence.witness/1";

/// One witness of a report, with what it proves.
struct Witness {
  std::string driver, sha256;            ///< path and hash of the driver that it was made for
  std::string code, kind;                ///< "0x8a5f2403" or a route; "msr-write"
  std::string sink;                      ///< "0x1087"
  std::string rule;                      ///< id; empty: none
  std::vector<std::string> fingerprints; ///< of the report's findings at the same place and code
  Value content;                         ///< the report's `witness` object

  /// "0x8a5f2403:msr-write:0x1087": the name of the witness, unique within its driver.
  std::string id() const { return code + ":" + kind + ":" + sink; }
  /// True when `text` is the id, a part of it between colons, the rule, or the beginning of a fingerprint.
  bool answers_to(std::string_view text) const;
};

/// What a JSON document says: every witness of a report, or the one of a witness file, in the order of the document.
struct WitnessList {
  std::vector<Witness> witnesses;
  std::size_t without = 0; ///< privileged operations of the report that have no witness
};
/// Errors say which member was expected, and where.
Result<WitnessList> read_witnesses(const Value &document);

/// The document of one witness: what read_witnesses() takes.
Value to_value(const Witness &witness);
/// "mydriver-175eed7a-0x8a5f2403-msr-write-0x1087.json": the same for the same driver and witness.
std::string file_name_of(const Witness &witness);

enum class Reproduction : std::uint8_t { confirmed, not_confirmed, not_judged };
std::string_view name_of(Reproduction reproduction);

struct Outcome {
  Reproduction reproduction = Reproduction::not_judged;
  std::string why;   ///< what was missing, or a remark
  std::string place; ///< where the operation was seen; empty: nowhere
};

/// Runs witnesses against one build; the boot is done once.
class Reproducer {
public:
  explicit Reproducer(const image::Image &image);
  Reproducer(Reproducer &&) noexcept;
  ~Reproducer();
  Outcome run(const Witness &witness);

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace ringfence::audit
