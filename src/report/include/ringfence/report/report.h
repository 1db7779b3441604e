// The report of a run: subjects with their findings, and its renderings. Rules are not known here.
// The JSON form is described by docs/report.schema.json; its field names are a contract with other programs.
#pragma once

#include <ringfence/base/value.h>
#include <ringfence/finding/finding.h>

#include <optional>
#include <string>
#include <vector>

namespace ringfence::report {

enum class CoverageVerdict : std::uint8_t { complete, partial, not_analysable };
std::string_view name_of(CoverageVerdict verdict);

/// Something of the subject that was not analysed. Said aloud: it is never silently clean.
struct CoverageReason {
  std::string what; ///< the part: a directory, a function, a budget
  std::string why;
  std::optional<Rva> rva; ///< place, where there is one
};

struct Coverage {
  CoverageVerdict verdict = CoverageVerdict::complete;
  std::vector<CoverageReason> reasons;
};

struct Subject {
  std::string path;
  std::string sha256; ///< 64 hexadecimal digits; empty when the file could not be read
  std::string error;  ///< why nothing could be said; empty when the subject was read
  Coverage coverage;
  Value image;                            ///< object: machine, framework, hashes, ...; null when unreadable
  Value surface;                          ///< object; null when it was not analysed
  std::vector<finding::Finding> findings; ///< worst first
};

struct Tool {
  std::string version;
  std::size_t rules = 0;  ///< number of rules that were available
  std::size_t models = 0; ///< number of kernel API models
};

struct Report {
  Tool tool;
  std::vector<Subject> subjects;
};

/// The report as one JSON object (schema "ringfence.report/1").
std::string to_json(const Report &report);

struct TextOptions {
  bool color = false;
  finding::Severity fail_on = finding::Severity::medium; ///< findings below it are advice: they do not fail the run
  int verbosity = 0; ///< -1 verdict lines only, 0 failures and what was not assessed, 1 also passes and reasons
};

/// The report for a terminal: worst first, one-line fix under every failure. Text from drivers is made printable.
std::string to_text(const Report &report, const TextOptions &options);

} // namespace ringfence::report
