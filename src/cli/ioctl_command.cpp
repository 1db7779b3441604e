#include <ringfence/cli/ioctl_command.h>

#include <ringfence/base/text.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/security_input.h>
#include <ringfence/document/document.h>
#include <ringfence/security/control_code.h>

namespace ringfence::cli {
namespace {

using namespace security;

std::string line_of(ControlCode code) {
  std::string_view type = device_type_name(code.device_type());
  std::string text = hex(code.value, 8) + "  " + std::string(control_code_name(code));
  if (!control_code_name(code).empty())
    text += "  ";
  text += "device type " + hex(code.device_type());
  text += type.empty() ? code.vendor_type() ? " (vendor)" : "" : " (" + std::string(type) + ")";
  text += ", function " + hex(code.function()) + (code.vendor_function() ? " (vendor)" : "");
  text += ", " + std::string(name_of(code.method())) + ", " + std::string(required_access_name(code.required_access()));
  return text + "\n";
}

Value value_of(ControlCode code) {
  return Value::object({{"code", Value(hex(code.value, 8))},
                        {"name", Value(control_code_name(code))},
                        {"device_type", Value(hex(code.device_type()))},
                        {"device_type_name", Value(device_type_name(code.device_type()))},
                        {"function", Value(hex(code.function()))},
                        {"method", Value(name_of(code.method()))},
                        {"access", Value(required_access_name(code.required_access()))},
                        {"vendor", Value(code.vendor_type() || code.vendor_function())}});
}

} // namespace

int run_ioctl(const IoctlOptions &options, const Console &console) {
  std::string text;
  Value list = Value::array();
  for (const std::string &word : options.codes) {
    const auto code = control_code_from_text(word);
    if (!code)
      return usage_error(console, "expected a number, a public name or CTL_CODE(...), found '" + printable(word) + "'");
    text += line_of(*code);
    if (code->required_access() == 0)
      text += "            any handle suffices: the descriptor must keep callers from opening the device at all\n";
    if (code->method() == TransferMethod::neither)
      text += "            METHOD_NEITHER: the driver gets the caller's raw pointers and must probe them\n";
    list.push(value_of(*code));
  }
  print(console.out, options.format == "json" ? document::write_json(list) + "\n" : text);
  return exit_passed;
}

} // namespace ringfence::cli
