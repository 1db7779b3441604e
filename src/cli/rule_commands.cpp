#include <ringfence/cli/rule_commands.h>

#include <ringfence/audit/audit.h>
#include <ringfence/base/text.h>
#include <ringfence/base/value.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/document/document.h>
#include <ringfence/rules/rule.h>

#include <algorithm>
#include <vector>

namespace ringfence::cli {
namespace {

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.append(out.size() < width ? width - out.size() : 1, ' ');
  return out;
}

/// Rule ids that share the longest prefix with `text`, for "did you mean".
std::string nearest(std::string_view text) {
  std::string_view best;
  std::size_t longest = 1;
  for (const rules::Rule &rule : rules::all_rules()) {
    const auto end = std::mismatch(text.begin(), text.end(), rule.id.begin(), rule.id.end()).first;
    const auto common = static_cast<std::size_t>(end - text.begin());
    if (common > longest) {
      longest = common;
      best = rule.id;
    }
  }
  return std::string(best);
}

Value to_value(const rules::Rule &rule) {
  return Value::object({{"id", rule.id},
                        {"group", rule.group},
                        {"title", rule.title},
                        {"severity", finding::name_of(rule.severity)},
                        {"checklist", rule.checklist},
                        {"cwe", rule.cwe},
                        {"also", rule.also},
                        {"precision", rule.precision},
                        {"machines", rule.machines},
                        {"fix", rule.fix}});
}

} // namespace

int run_explain(const std::string &id, const Console &console) {
  const rules::Rule *rule = rules::find_rule(id);
  if (!rule) {
    const std::string near = nearest(id);
    print(console.err, "ringfence: no rule is named '" + printable(id) + "'" +
                           (near.empty() ? "" : "; did you mean '" + near + "'?") + "\n");
    return exit_usage;
  }
  std::string text = std::string(rule->id) + ": " + std::string(rule->title) + "\n";
  text +=
      "severity " + std::string(finding::name_of(rule->severity)) + ", checklist item " + std::string(rule->checklist);
  if (!rule->cwe.empty())
    text += ", " + std::string(rule->cwe);
  if (!rule->also.empty())
    text += ", also known as " + std::string(rule->also);
  text += "\nfix: " + std::string(rule->fix) + "\n\n" + std::string(rule->page);
  print(console.out, text);
  return exit_passed;
}

int run_rules(const std::string &format, const Console &console) {
  if (format == "json") {
    Value list = Value::array();
    for (const rules::Rule &rule : rules::all_rules())
      list.push(to_value(rule));
    print(console.out, document::write_json(list) + "\n");
    return exit_passed;
  }
  for (const rules::Rule &rule : rules::all_rules())
    print(console.out, padded(rule.id, 32) + padded(finding::name_of(rule.severity), 10) +
                           padded("item " + std::string(rule.checklist), 12) + std::string(rule.title) + "\n");
  return exit_passed;
}

std::string version_text() {
  const report::Tool tool = audit::tool();
  return "ringfence " + tool.version + ", " + std::to_string(tool.rules) + " rules";
}

int run_version(const Console &console) {
  print(console.out, version_text() + "\n");
  return exit_passed;
}

} // namespace ringfence::cli
