#include <ringfence/audit/reproduce.h>

#include "observed.h"

#include "proof.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/ioctl.h>
#include <ringfence/replay/replay.h>

#include <algorithm>
#include <optional>

namespace ringfence::audit {
namespace {

constexpr std::size_t most_witnesses = 100'000, most_requests = 64, most_memory = 64;
constexpr std::uint8_t irp_mj_create = 0;
constexpr std::uint32_t last_major = 27; // IRP_MJ_MAXIMUM_FUNCTION

/// A number, written as one or as text ("0x1087").
std::optional<std::uint64_t> number_of(const Value &object, std::string_view key) {
  const auto number = object.number_at(key);
  return number ? number : parse_unsigned(object.text_at(key));
}

Error expected(const std::string &what, const std::string &where) {
  return {ErrorCode::malformed, 0, "expected " + what + " in " + where};
}

// --- a witness as requests ------------------------------------------------------------------------------------------

struct Sequence {
  std::string device;
  std::vector<replay::Request> requests; ///< without the create request
  std::string argument;
  std::size_t carrier = 0; ///< index in `requests`
  std::uint64_t offset = 0, canary_a = 0, canary_b = 0;
  unsigned width = 0;
};

Result<replay::Request> read_request(const Value &value, const std::string &where) {
  replay::Request request;
  const std::string major = value.text_at("major");
  std::uint32_t number = 0;
  while (major != message_to_port && number <= last_major && kernel::name_of_major_function(number) != major)
    ++number;
  if (number > last_major)
    return expected("an IRP_MJ_* name as `major`", where);
  request.major = major == message_to_port ? replay::port_message : static_cast<std::uint8_t>(number);
  if (value.find("patch"))
    return Error{ErrorCode::unsupported, 0, where + " takes bytes from the answer to an earlier request"};
  request.code = static_cast<std::uint32_t>(number_of(value, "code").value_or(0));
  auto input = bytes_from_hex(value.text_at("in_hex"));
  if (!input)
    return expected("hexadecimal bytes as `in_hex`", where);
  request.input = *std::move(input);
  for (const char16_t unit :
       request.major == irp_mj_create ? utf16_from_utf8(value.text_at("file_name")) : std::u16string())
    for (const unsigned shift : {0u, 8u})
      request.input.push_back(static_cast<std::byte>(unit >> shift & 0xff));
  request.output_length = static_cast<std::uint32_t>(number_of(value, "out_len").value_or(0));
  const Value *wow64 = value.find("wow64");
  request.wow64 = wow64 && wow64->if_bool() && *wow64->if_bool();
  for (const Value &part : value.items_at("user_memory")) {
    const auto address = number_of(part, "va");
    auto bytes = bytes_from_hex(part.text_at("hex"));
    if (!address || !bytes || request.memory.size() == most_memory)
      return expected("an address `va` and bytes `hex` as `user_memory`", where);
    request.memory.push_back({*address, *std::move(bytes)});
  }
  return request;
}

Result<Sequence> read_sequence(const Value &content) {
  Sequence out;
  const std::span<const Value> requests = content.items_at("requests");
  const Value *argument = content.find("argument");
  if (requests.empty() || requests.size() > most_requests || !argument)
    return expected("`requests` and `argument`", "the witness");
  std::size_t opened = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Value &one = requests[i];
    const std::string first = i == 0 ? one.text_at("major") : std::string();
    if (first == connection_to_port) { // the machine sends it itself
      out.device = one.text_at("port");
      opened = 1;
      continue;
    }
    if (first == "IRP_MJ_CREATE")
      out.device = one.text_at("device");
    auto request = read_request(one, "request " + std::to_string(i));
    if (!request)
      return request.error();
    out.requests.push_back(*std::move(request));
  }
  const auto a = number_of(*argument, "canary_a"), b = number_of(*argument, "canary_b"),
             offset = number_of(*argument, "in_offset"), width = number_of(*argument, "bytes");
  out.argument = argument->text_at("name");
  const std::uint64_t carrier = number_of(*argument, "in_request").value_or(requests.size() - 1);
  if (!a || !b || !offset || !width || out.argument.empty() ||
      (*width != 1 && *width != 2 && *width != 4 && *width != 8) || carrier < opened || carrier >= requests.size())
    return expected("`name`, `canary_a`, `canary_b`, `in_request`, `in_offset` and `bytes`", "the witness's argument");
  out.carrier = static_cast<std::size_t>(carrier) - opened;
  out.canary_a = *a;
  out.canary_b = *b;
  out.offset = *offset;
  out.width = static_cast<unsigned>(*width);
  const std::size_t size = out.requests[out.carrier].input.size();
  if (out.requests[out.carrier].major == irp_mj_create || out.width > size || out.offset > size - out.width)
    return expected("the canary's bytes within `in_hex`", "the witness");
  return out;
}

// --- what was seen --------------------------------------------------------------------------------------------------

/// Whether what was seen is an operation of the finding's kind; where the argument's name does not tell, its direction
/// does.
bool is_of_kind(std::string_view kind, const replay::Observation &o) {
  if (kind == "msr-read" || kind == "msr-write")
    return (o.operation == "wrmsr") == (kind == "msr-write");
  if (kind == "port-read" || kind == "port-write")
    return (o.operation == "out" || o.operation.starts_with("WRITE")) == (kind == "port-write");
  if (kind == "process-open" && o.sink != kind) // the same object is used otherwise, too
    return false;
  if (kind == "process-memory-rw" && o.own_process) // the caller's own memory is his
    return false;
  if (o.named && kind.starts_with("kernel-memory") &&
      o.argument != "VirtualAddress") // a handle that the kernel checks is no address
    return false;
  if (o.argument == "addr" && (kind == "kernel-memory-read" || kind == "kernel-memory-write"))
    return o.operation == (kind == "kernel-memory-read" ? "read" : "write");
  return true;
}

/// The place where an operation of the kind got both canaries, the report's own place before all others.
std::optional<std::uint64_t> place_that_follows(const Witness &witness, const Sequence &sequence, std::uint64_t own,
                                                const replay::Run &a, const replay::Run &b) {
  std::optional<std::uint64_t> found;
  for (const replay::Observation &x : a.observations) {
    if (!is_same_operand(x.argument, sequence.argument) || !carries(x.value, sequence.canary_a, sequence.width) ||
        !is_of_kind(witness.kind, x))
      continue;
    const bool follows = std::any_of(b.observations.begin(), b.observations.end(), [&](const replay::Observation &y) {
      return y.place == x.place && y.argument == x.argument && carries(y.value, sequence.canary_b, sequence.width);
    });
    if (follows && (!found || x.place == own))
      found = x.place;
  }
  return found;
}

} // namespace

std::string_view name_of(Reproduction reproduction) {
  constexpr std::string_view names[] = {"confirmed", "not confirmed", "not judged"};
  return names[static_cast<std::size_t>(reproduction)];
}

bool Witness::answers_to(std::string_view text) const {
  constexpr std::size_t shortest_fingerprint = 6;
  if (text == id() || text == code || text == kind || text == sink || text == rule)
    return true;
  return text.size() >= shortest_fingerprint && std::any_of(fingerprints.begin(), fingerprints.end(),
                                                            [&](const std::string &f) { return f.starts_with(text); });
}

// --- documents ------------------------------------------------------------------------------------------------------

namespace {

/// Findings of the rules speak of a place and, in their anchor, of a code.
std::vector<std::string> fingerprints_of(const Value &subject, const Witness &witness) {
  std::vector<std::string> out;
  for (const Value &f : subject.items_at("findings")) {
    const Value *location = f.find("location");
    if (location && location->text_at("rva") == witness.sink && f.text_at("anchor").starts_with(witness.code))
      out.push_back(f.text_at("fingerprint"));
  }
  return out;
}

void read_subject(const Value &subject, WitnessList &list) {
  const Value *surface = subject.find("surface");
  for (const Value &ioctl : surface ? surface->items_at("ioctls") : std::span<const Value>()) {
    for (const Value &primitive : ioctl.items_at("primitives")) {
      const Value *content = primitive.find("witness");
      if (!content) {
        ++list.without;
        continue;
      }
      Witness witness{.driver = subject.text_at("path"),
                      .sha256 = subject.text_at("sha256"),
                      .code = ioctl.text_at("code"),
                      .kind = primitive.text_at("kind"),
                      .sink = primitive.text_at("sink_rva"),
                      .rule = primitive.text_at("rule"),
                      .fingerprints = {},
                      .content = *content};
      witness.fingerprints = fingerprints_of(subject, witness);
      if (list.witnesses.size() < most_witnesses)
        list.witnesses.push_back(std::move(witness));
    }
  }
}

} // namespace

Result<WitnessList> read_witnesses(const Value &document) {
  WitnessList list;
  const std::string schema = document.text_at("schema");
  if (schema == witness_schema) {
    const Value *content = document.find("witness");
    if (!content || !content->if_object())
      return expected("an object `witness`", "the witness file");
    Witness witness{.driver = document.text_at("driver"),
                    .sha256 = document.text_at("sha256"),
                    .code = document.text_at("code"),
                    .kind = document.text_at("kind"),
                    .sink = document.text_at("sink_rva"),
                    .rule = document.text_at("rule"),
                    .fingerprints = {},
                    .content = *content};
    for (const Value &one : document.items_at("fingerprints"))
      if (const std::string *text = one.if_string())
        witness.fingerprints.push_back(*text);
    list.witnesses.push_back(std::move(witness));
    return list;
  }
  if (!schema.starts_with("ringfence.report/"))
    return expected("a report (schema ringfence.report/1) or a witness (schema " + std::string(witness_schema) + ")",
                    "the document's `schema`");
  const Value *subjects = document.find("subjects");
  if (!subjects || !subjects->if_array())
    return expected("an array `subjects`", "the report");
  for (const Value &subject : *subjects->if_array())
    read_subject(subject, list);
  return list;
}

Value to_value(const Witness &witness) {
  Value out = Value::object({{"schema", witness_schema},
                             {"driver", witness.driver},
                             {"sha256", witness.sha256},
                             {"code", witness.code},
                             {"kind", witness.kind},
                             {"sink_rva", witness.sink}});
  if (!witness.rule.empty())
    out.set("rule", witness.rule);
  Value fingerprints = Value::array();
  for (const std::string &one : witness.fingerprints)
    fingerprints.push(one);
  out.set("fingerprints", std::move(fingerprints));
  out.set("witness", witness.content);
  return out;
}

std::string file_name_of(const Witness &witness) {
  constexpr std::size_t hash_digits = 8, longest = 64;
  std::string stem(ringfence::file_name_of(witness.driver));
  if (const std::size_t dot = stem.rfind('.'); dot != std::string::npos && dot != 0)
    stem.resize(dot);
  stem.resize(std::min(stem.size(), longest));
  std::string name =
      stem + "-" + witness.sha256.substr(0, hash_digits) + "-" + witness.code + "-" + witness.kind + "-" + witness.sink;
  for (char &c : name) { // names of routes and files may hold anything
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    c = plain ? c : '_';
  }
  return name + ".json";
}

// --- runs -----------------------------------------------------------------------------------------------------------

struct Reproducer::State {
  explicit State(const image::Image &given) : image(given), replay(given, {}) {}
  const image::Image &image;
  replay::Replay replay;
};

Reproducer::Reproducer(const image::Image &image) : state_(std::make_unique<State>(image)) {}
Reproducer::Reproducer(Reproducer &&) noexcept = default;
Reproducer::~Reproducer() = default;

Outcome Reproducer::run(const Witness &witness) {
  auto sequence = read_sequence(witness.content);
  if (!sequence)
    return {Reproduction::not_judged, sequence.error().what, {}};
  if (!state_->replay.boot())
    return {Reproduction::not_judged, state_->replay.why(), {}};
  const replay::Run a = state_->replay.run(sequence->device, sequence->requests);
  auto &carrier = sequence->requests[sequence->carrier].input;
  for (unsigned i = 0; i < sequence->width; ++i)
    carrier[static_cast<std::size_t>(sequence->offset) + i] =
        static_cast<std::byte>(sequence->canary_b >> (8 * i) & 0xff);
  const replay::Run b = state_->replay.run(sequence->device, sequence->requests);
  const std::uint64_t base = state_->image.headers().image_base;
  const std::uint64_t own = base + parse_unsigned(witness.sink).value_or(0);
  if (const auto place = place_that_follows(witness, *sequence, own, a, b))
    return {Reproduction::confirmed, *place == own ? "" : "at another place than in the report", hex(*place - base)};
  for (const replay::Run *run : {&a, &b})
    if (!run->finished && !run->refused)
      return {Reproduction::not_judged, run->why, {}};
  if (a.refused)
    return {Reproduction::not_confirmed, a.why, {}};
  return {Reproduction::not_confirmed, "the requests end, and no such operation follows the input", {}};
}

} // namespace ringfence::audit
