#include <ringfence/report/trace.h>

#include <ringfence/base/text.h>

#include <span>

namespace ringfence::report {
namespace {

constexpr std::size_t width = 110;

std::string text_of(const Value &value, std::string_view key) { return printable(value.text_at(key)); }

class TracePage {
public:
  explicit TracePage(bool color) : color_(color) {}

  std::string render(const Value &traced) {
    const Value *trace = traced.find("trace");
    if (!trace)
      return {};
    line(paint("1", text_of(traced, "path")) + "  " + text_of(*trace, "code"));
    about(*trace);
    ends(*trace);
    operations(*trace);
    not_followed(*trace);
    return std::move(out_);
  }

private:
  std::string paint(std::string_view code, std::string_view text) const {
    return color_ ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
  }
  void line(const std::string &text) { out_ += text + "\n"; }
  void heading(std::string_view text) { out_ += "\n" + paint("1", text) + "\n"; }
  /// `text` broken at spaces into lines that begin with `indent` blanks.
  void wrapped(std::size_t indent, std::string_view text) {
    std::string now(indent, ' ');
    bool fresh = true;
    for (const std::string_view word : split(text, ' ')) {
      if (!fresh && now.size() + 1 + word.size() > width) {
        line(now);
        now = std::string(indent + 2, ' ');
        fresh = true;
      }
      now += (fresh ? "" : " ") + std::string(word);
      fresh = false;
    }
    line(now);
  }
  static std::string place_of(const Value &value) {
    const std::string rva = text_of(value, "rva"), symbol = text_of(value, "symbol");
    return rva.empty() ? "" : " at " + rva + (symbol.empty() ? "" : " in " + symbol);
  }
  void checks(std::size_t indent, const Value &value, std::string_view key, std::string_view word) {
    for (const Value &check : value.items_at(key))
      wrapped(indent, std::string(word) + " " + text_of(check, "check") + place_of(check));
  }

  void about(const Value &trace) {
    if (!trace.flag_at("followed")) {
      std::string known;
      for (const Value &code : trace.items_at("known_codes"))
        if (const std::string *text = code.if_string())
          known += (known.empty() ? "" : ", ") + printable(*text);
      return wrapped(2, "No path was followed for it: the driver has no routine for such requests, or no such route "
                        "was found. Codes and routes that were: " +
                            (known.empty() ? "none" : known) + ".");
    }
    std::string entries;
    for (const Value &entry : trace.items_at("entries"))
      if (const std::string *text = entry.if_string())
        entries += (entries.empty() ? "" : ", ") + printable(*text);
    wrapped(2, "Requests arrive at " + (entries.empty() ? "a routine that no path left" : entries) + "; " +
                   std::to_string(trace.number_at("blocks").value_or(0)) + " basic blocks were run.");
    if (!trace.flag_at("told_apart"))
      wrapped(2, "The driver does nothing for this code that it does not do for every unknown code: it is not in the "
                 "report. The paths below are those that the code can take.");
    else
      wrapped(2, "The report has it as " + text_of(trace, "status") + ".");
  }

  void ends(const Value &trace) {
    heading("Where its paths ended");
    if (trace.items_at("ends").empty())
      wrapped(2, "No path was seen to end.");
    for (const Value &end : trace.items_at("ends")) {
      std::string text = std::to_string(end.number_at("paths").value_or(0)) +
                         (end.number_at("paths").value_or(0) == 1 ? " path " : " paths ") + text_of(end, "how");
      if (const std::string status = text_of(end, "status"); !status.empty())
        text += " with " + (text_of(end, "status_name").empty() ? status : text_of(end, "status_name"));
      wrapped(2, text + place_of(end));
      checks(6, end, "after", "after");
    }
  }

  void operations(const Value &trace) {
    heading("Operations that a caller must not steer");
    if (trace.items_at("operations").empty())
      wrapped(2, "None was met on these paths.");
    for (const Value &operation : trace.items_at("operations")) {
      const std::string outcome = text_of(operation, "outcome");
      const bool reported = outcome == "reported";
      const std::string word = reported ? "reported" : outcome == "confined" ? "confined" : "not reported";
      line("  " + paint(reported ? "1;31" : "36", word) + "  " + text_of(operation, "kind") + place_of(operation) +
           ", by " + text_of(operation, "argument"));
      std::string why = text_of(operation, "why");
      if (const std::string admitted = text_of(operation, "admitted"); !admitted.empty())
        why += "; a caller can bring " + admitted + " to it";
      wrapped(6, why);
      if (const std::string value = text_of(operation, "value"); !value.empty())
        wrapped(6, "value: " + value);
      checks(6, operation, "checks", "check:");
    }
  }

  void not_followed(const Value &trace) {
    if (trace.items_at("not_modelled").empty() && trace.items_at("gaps").empty())
      return;
    heading("Not followed on these paths");
    for (const Value &call : trace.items_at("not_modelled")) {
      const std::string routine = text_of(call, "routine");
      wrapped(2,
              (routine.empty() ? "a call whose target is not known"
                               : routine + " is called and has no model: its result and what it writes are not known") +
                  place_of(call));
    }
    for (const Value &gap : trace.items_at("gaps"))
      wrapped(2, text_of(gap, "what") + place_of(gap));
  }

  bool color_;
  std::string out_;
};

} // namespace

std::string trace_text(const Value &traced, bool color) { return TracePage(color).render(traced); }

} // namespace ringfence::report
