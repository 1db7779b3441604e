#include <ringfence/cli/replay_command.h>

#include <ringfence/audit/reproduce.h>
#include <ringfence/base/text.h>
#include <ringfence/cli/audit_run.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>
#include <ringfence/document/document.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;
using audit::Reproduction;
using audit::Witness;

/// What one witness did on one driver file; without a witness: why a file could not be used.
struct Attempt {
  std::string driver, sha256;
  const Witness *witness = nullptr;
  audit::Outcome outcome;
};

struct Input {
  std::vector<Witness> witnesses;
  std::vector<Attempt> unusable; ///< files, with why
  std::size_t without = 0;
};

// --- documents ------------------------------------------------------------------------------------------------------

void read_document(const std::string &path, Input &input) {
  const auto refuse = [&](const std::string &why) {
    input.unusable.push_back({path, {}, nullptr, {Reproduction::not_judged, why, {}}});
  };
  const auto bytes = read_file(path);
  if (!bytes)
    return refuse(bytes.error().what);
  std::string text(bytes->size(), '\0');
  std::transform(bytes->begin(), bytes->end(), text.begin(), [](std::byte b) { return static_cast<char>(b); });
  const auto document = document::parse_json(text);
  if (!document)
    return refuse("expected a JSON report or witness: " + to_string(document.error()));
  auto list = audit::read_witnesses(*document);
  if (!list)
    return refuse(list.error().what);
  input.without += list->without;
  std::move(list->witnesses.begin(), list->witnesses.end(), std::back_inserter(input.witnesses));
}

Input read_input(const std::string &path) {
  Input input;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    read_document(path, input);
    return input;
  }
  std::vector<std::string> files;
  for (fs::directory_iterator it(path, error); !error && it != fs::directory_iterator(); it.increment(error))
    if (ascii_iends_with(it->path().filename().string(), ".json"))
      files.push_back(it->path().generic_string());
  std::sort(files.begin(), files.end());
  for (const std::string &file : files)
    read_document(file, input);
  if (files.empty())
    input.unusable.push_back(
        {path, {}, nullptr, {Reproduction::not_judged, "expected witness files (*.json) in the directory", {}}});
  return input;
}

// --- which witness belongs to which driver --------------------------------------------------------------------------

/// The same file first, then drivers of the same file name; a set for a single driver is for any build of it.
std::vector<const Witness *> witnesses_for(const std::vector<const Witness *> &all, const std::string &path,
                                           const std::string &sha256) {
  const auto select = [&](auto &&matches) {
    std::vector<const Witness *> out;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const Witness *w) { return matches(*w); });
    return out;
  };
  auto out = select([&](const Witness &w) { return w.sha256 == sha256; });
  if (out.empty())
    out = select([&](const Witness &w) { return ascii_iequals(file_name_of(w.driver), file_name_of(path)); });
  const bool one_driver = std::all_of(all.begin(), all.end(), [&](const Witness *w) {
    return w->sha256 == all.front()->sha256 && w->driver == all.front()->driver;
  });
  return out.empty() && one_driver ? all : out;
}

void run_driver(const std::string &path, const std::vector<const Witness *> &all, image::Hasher &hasher,
                std::vector<Attempt> &results) {
  const auto refuse = [&](const std::string &why) {
    results.push_back({path, {}, nullptr, {Reproduction::not_judged, why, {}}});
  };
  auto bytes = read_file(path);
  if (!bytes)
    return refuse(bytes.error().what);
  const auto image = image::load(*std::move(bytes));
  if (!image)
    return refuse(to_string(image.error()));
  const std::string sha256 = hex_bytes(hasher.hash(*image).file.sha256);
  const auto mine = witnesses_for(all, path, sha256);
  if (mine.empty())
    return refuse("no witness belongs to it: expected the driver of a witness, or another build with its file name");
  audit::Reproducer reproducer(*image);
  for (const Witness *witness : mine)
    results.push_back({path, sha256, witness, reproducer.run(*witness)});
}

// --- output ---------------------------------------------------------------------------------------------------------

using Counts = std::array<std::size_t, 3>;

Counts count(const std::vector<Attempt> &results) {
  Counts counts{};
  for (const Attempt &r : results)
    ++counts[static_cast<std::size_t>(r.outcome.reproduction)];
  return counts;
}

std::string to_text(const std::vector<Attempt> &results, std::size_t without, bool color) {
  constexpr std::array<std::string_view, 3> paints = {"\x1b[1;31m", "\x1b[32m", "\x1b[33m"};
  std::string out, driver;
  for (const Attempt &r : results) {
    if (r.driver != driver || !r.witness)
      out += printable(driver = r.driver) +
             (!r.witness || r.sha256 == r.witness->sha256 ? "" : "  (another build than the report's)") + "\n";
    const std::string_view name = audit::name_of(r.outcome.reproduction);
    out += "  " + (color ? std::string(paints[static_cast<std::size_t>(r.outcome.reproduction)]) : "") +
           std::string(name) + (color ? "\x1b[0m" : "") + std::string(15 - name.size(), ' ');
    out += r.witness ? printable(r.witness->id()) : "";
    out += !r.outcome.place.empty() ? " at " + r.outcome.place : "";
    out += r.outcome.why.empty() ? "\n" : (r.witness ? ": " : "") + printable(r.outcome.why) + "\n";
  }
  const Counts counts = count(results);
  out += (out.empty() ? "" : "\n") + std::to_string(results.size()) +
         (results.size() == 1 ? " witness: " : " witnesses: ") + std::to_string(counts[0]) + " confirmed, " +
         std::to_string(counts[1]) + " not confirmed, " + std::to_string(counts[2]) + " not judged\n";
  if (without > 0)
    out += "note: " + std::to_string(without) + " operations of the report have no witness\n";
  return out;
}

std::string to_json(const std::vector<Attempt> &results, std::size_t without) {
  Value list = Value::array();
  for (const Attempt &r : results) {
    Value one =
        Value::object({{"driver", r.driver}, {"sha256", r.sha256}, {"result", audit::name_of(r.outcome.reproduction)}});
    if (r.witness) {
      one.set("id", r.witness->id());
      one.set("code", r.witness->code);
      one.set("kind", r.witness->kind);
      one.set("same_build", r.sha256 == r.witness->sha256);
      if (!r.witness->rule.empty())
        one.set("rule", r.witness->rule);
    }
    if (!r.outcome.place.empty())
      one.set("sink_rva", r.outcome.place);
    if (!r.outcome.why.empty())
      one.set("why", r.outcome.why);
    list.push(std::move(one));
  }
  const Value root = Value::object({{"schema", "ringfence.replay/1"},
                                    {"results", std::move(list)},
                                    {"without_witness", static_cast<std::uint64_t>(without)}});
  return document::write_json(root) + "\n";
}

} // namespace

int run_replay(const ReplayOptions &options, const Console &console) {
  const Input input = read_input(options.witnesses);
  std::vector<const Witness *> chosen;
  for (const Witness &witness : input.witnesses)
    if (options.findings.empty() || std::any_of(options.findings.begin(), options.findings.end(),
                                                [&](const std::string &f) { return witness.answers_to(f); }))
      chosen.push_back(&witness);
  for (const std::string &finding : options.findings)
    if (input.unusable.empty() &&
        std::none_of(chosen.begin(), chosen.end(), [&](const Witness *w) { return w->answers_to(finding); })) {
      print(console.err,
            "ringfence: " + printable(options.witnesses) + " has no witness '" + printable(finding) + "'" +
                (input.witnesses.empty() ? "" : "; expected one like " + printable(input.witnesses.front().id())) +
                "\n");
      return exit_usage;
    }
  std::vector<std::string> drivers = options.drivers;
  if (drivers.empty())
    for (const Witness *witness : chosen)
      if (std::find(drivers.begin(), drivers.end(), witness->driver) == drivers.end())
        drivers.push_back(witness->driver);
  std::vector<Attempt> results = input.unusable;
  image::Hasher hasher;
  if (!chosen.empty())
    for (const std::string &driver : drivers)
      run_driver(driver, chosen, hasher, results);
  const std::string text = options.format == "json"
                               ? to_json(results, input.without)
                               : to_text(results, input.without, console.color && options.output.empty());
  if (!write_output(options.output, text, console))
    return exit_internal;
  const Counts counts = count(results);
  return counts[0] > 0 ? exit_findings : counts[2] > 0 ? exit_not_assessed : exit_passed;
}

bool save_witnesses(const report::Report &report, const std::string &directory, const Console &console) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    print(console.err, "ringfence: " + directory + ": the directory could not be made: " + error.message() + "\n");
    return false;
  }
  const auto document = document::parse_json(report::to_json(report));
  const auto list = document ? audit::read_witnesses(*document) : Result<audit::WitnessList>(document.error());
  bool written = list.ok();
  for (const Witness &witness : written ? list->witnesses : std::vector<Witness>())
    written = write_output((fs::path(directory) / audit::file_name_of(witness)).generic_string(),
                           document::write_json(audit::to_value(witness)) + "\n", console) &&
              written;
  return written;
}

} // namespace ringfence::cli
