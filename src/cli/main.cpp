// The command line. The only file that includes CLI11, and the only place that ends the process.

#include <ringfence/base/text.h>
#include <ringfence/cli/access_command.h>
#include <ringfence/cli/check_command.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/ioctl_command.h>
#include <ringfence/cli/ir_command.h>
#include <ringfence/cli/replay_command.h>
#include <ringfence/cli/rule_commands.h>
#include <ringfence/cli/sddl_command.h>
#include <ringfence/cli/surface_command.h>

#include <CLI/CLI.hpp>

#include <exception>
#include <functional>

namespace {

using namespace ringfence;
using namespace ringfence::cli;
using Command = std::function<int(const Console &)>;

void add_check(CLI::App &app, Command &chosen) {
  auto *command = app.add_subcommand("check", "Audit drivers and report what is wrong with them");
  auto options = std::make_shared<CheckOptions>();
  auto profile = std::make_shared<std::string>("github");
  auto severity = std::make_shared<std::string>("medium");
  auto quiet = std::make_shared<bool>(false);
  auto verbose = std::make_shared<bool>(false);
  command->add_option("PATH", options->paths, "Drivers, or directories to walk for *.sys")->required();
  command->add_option("--format", options->format, "Format of the report: text, json or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}));
  command->add_option("-o,--output", options->output, "Write the report to FILE instead of standard output");
  command->add_option("--json", options->json, "Write the JSON report to FILE besides");
  command->add_option("--sarif", options->sarif, "Write the SARIF 2.1.0 report to FILE besides, for code scanning");
  command
      ->add_option("--sarif-profile", *profile,
                   "github: failures only, as code scanning takes them; full: every verdict")
      ->check(CLI::IsMember({"github", "full"}));
  command->add_option("--save-witness", options->witnesses,
                      "Write each witness into a file of its own in this directory, for `ringfence replay`");
  command->add_option("--rule", options->rules, "Run only this rule (repeatable)")->allow_extra_args(false);
  command
      ->add_option(
          "--pdb", options->pdbs,
          "Program databases: files, directories or symbol stores (repeatable); one beside a driver is found without")
      ->check(CLI::ExistingPath)
      ->allow_extra_args(false);
  command->add_option(
      "--trace", options->trace,
      "Explain one control code or route of one driver: its paths, and why each operation was reported or not");
  command->add_option("--fail-on", *severity, "Exit with 1 on findings of at least this severity")
      ->check(CLI::IsMember({"note", "low", "medium", "high", "critical"}));
  command->add_flag("--image-only", options->image_only, "Only what the image shows: the code is not followed (fast)");
  command->add_flag("!--no-gate", options->gate, "Do not exit with 3 when a rule could not decide");
  command->add_option("-j,--jobs", options->jobs, "Threads (0: one per processor)")->check(CLI::Range(0, 256));
  command->add_option("--solver-seed", options->solver_seed,
                      "Seed of Z3's search: to check that findings do not depend on it");
  command->add_flag("-q,--quiet", *quiet, "One verdict per driver");
  command->add_flag("-v,--verbose", *verbose, "Also what passed and what does not apply");
  command->footer(
      "Examples:\n"
      "  ringfence check build/mydriver.sys\n"
      "  ringfence check --fail-on high --json report.json drivers/\n"
      "  ringfence check --rule wx-section mydriver.sys\n"
      "  ringfence check --sarif report.sarif build/mydriver.sys\n"
      "  ringfence check --pdb symbols/ mydriver.sys\n"
      "  ringfence check --trace 0x8a5f2404 mydriver.sys\n\n"
      "Exit codes: 0 passed, 1 findings, 2 usage, 3 not read or not decided, 4 internal, 5 nothing to scan");
  command->callback([=, &chosen] {
    options->verbosity = *quiet ? -1 : *verbose ? 1 : 0;
    options->sarif_everything = *profile == "full";
    options->fail_on = *finding::severity_from_name(*severity);
    chosen = [options](const Console &console) { return run_check(*options, console); };
  });
}

void add_surface(CLI::App &app, Command &chosen) {
  auto *command = app.add_subcommand("surface", "Show what of a driver can be called, by whom, with what");
  auto options = std::make_shared<SurfaceOptions>();
  auto dot = std::make_shared<bool>(false);
  command->add_option("DRIVER", options->paths, "Drivers, or directories to walk for *.sys")->required();
  command->add_option("--format", options->format, "text, json or dot")->check(CLI::IsMember({"text", "json", "dot"}));
  command->add_flag("--primitives", options->primitives,
                    "Also what a caller can steer, and its proof, as in the report of check (slower)");
  command->add_flag("--dot", *dot, "A graph for Graphviz, as --format dot");
  command->add_option("-o,--output", options->output, "Write to FILE instead of standard output");
  command->add_option("--pdb", options->pdbs, "Program databases: files, directories or symbol stores (repeatable)")
      ->check(CLI::ExistingPath)
      ->allow_extra_args(false);
  command->add_option("-j,--jobs", options->jobs, "Threads (0: one per processor)")->check(CLI::Range(0, 256));
  command->footer(
      "Examples:\n  ringfence surface mydriver.sys\n  ringfence surface --dot mydriver.sys | dot -Tsvg -o surface.svg");
  command->callback([=, &chosen] {
    if (*dot)
      options->format = "dot";
    chosen = [options](const Console &console) { return run_surface(*options, console); };
  });
}

void add_diff(CLI::App &app, Command &chosen) {
  auto *command = app.add_subcommand("diff", "Compare what two builds of a driver expose");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("OLD", options->before, "The driver as it was")->required();
  command->add_option("NEW", options->after, "The driver as it is")->required();
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->add_option("-o,--output", options->output, "Write to FILE instead of standard output");
  command->add_option("--pdb", options->pdbs, "Program databases: files, directories or symbol stores (repeatable)")
      ->check(CLI::ExistingPath)
      ->allow_extra_args(false);
  command->footer("Example:\n  ringfence diff release/mydriver.sys build/mydriver.sys\n\n"
                  "Exit codes: 0 nothing got worse, 1 something did, 3 a driver could not be read or followed");
  command->callback(
      [=, &chosen] { chosen = [options](const Console &console) { return run_diff(*options, console); }; });
}

void add_ir(CLI::App &app, Command &chosen) {
  auto *command = app.add_subcommand("ir", "Print what control flow reaches in a driver, as IR (for developers)");
  auto options = std::make_shared<IrOptions>();
  auto function = std::make_shared<std::string>();
  command->add_option("DRIVER", options->path, "The driver")->required();
  command->add_option("--function", *function, "Only the function that holds this RVA (0x.. or decimal)");
  command->add_flag("--list", options->list, "Functions without their code");
  command->add_flag("--stats", options->stats, "Coverage, and what could not be followed");
  command->footer("Example:\n  ringfence ir mydriver.sys --function 0x1000");
  command->callback([=, &chosen] {
    if (!function->empty()) {
      const auto rva = parse_unsigned(*function);
      if (!rva || *rva > 0xffffffff)
        throw CLI::ValidationError("--function", "expected an RVA, found " + *function);
      options->function = static_cast<std::uint32_t>(*rva);
    }
    chosen = [options](const Console &console) { return run_ir(*options, console); };
  });
}

void add_rule_commands(CLI::App &app, Command &chosen) {
  auto *explain = app.add_subcommand("explain", "Print the page of a rule: what, why, how to fix it");
  auto rule = std::make_shared<std::string>();
  explain->add_option("RULE", *rule, "The rule's id")->required();
  explain->footer("Example:\n  ringfence explain wx-section");
  explain->callback([=, &chosen] { chosen = [rule](const Console &c) { return run_explain(*rule, c); }; });

  auto *rules = app.add_subcommand("rules", "List every rule");
  auto format = std::make_shared<std::string>("text");
  rules->add_option("--format", *format, "text or json")->check(CLI::IsMember({"text", "json"}));
  rules->footer("Examples:\n  ringfence rules\n  ringfence rules --format json");
  rules->callback([=, &chosen] { chosen = [format](const Console &c) { return run_rules(*format, c); }; });

  auto *version = app.add_subcommand("version", "Print the version");
  version->callback([&chosen] { chosen = run_version; });
}

void add_access(CLI::App &app, Command &chosen) {
  auto *command =
      app.add_subcommand("access", "Who may open a device and send its control codes, and which entry decides");
  auto options = std::make_shared<AccessOptions>();
  command->add_option("--sddl", options->sddl,
                      "Descriptor in the code: SDDL or SDDL_DEVOBJ_... (default: that of the device type)");
  command->add_option("--registry-sddl", options->registry_sddl,
                      "Security of the device in the INF: replaces every other");
  command->add_option("--class-sddl", options->class_sddl,
                      "Security of the device class: replaces the one in the code");
  command->add_option("--created-by", options->created_by, "IoCreateDevice, IoCreateDeviceSecure or WDF")
      ->check(CLI::IsMember({"IoCreateDevice", "IoCreateDeviceSecure", "WDF"}, CLI::ignore_case));
  command->add_option("--device-type", options->device_type, "FILE_DEVICE_... or a number");
  command->add_option("--characteristics", options->characteristics,
                      "of the whole stack, e.g. FILE_DEVICE_SECURE_OPEN");
  command->add_option("--names", options->names, "What IRP_MJ_CREATE does with a name behind the device's")
      ->check(CLI::IsMember({"unknown", "accepts", "rejects"}));
  command->add_option("--token", options->tokens, "A preset or a TOML or JSON file (repeatable)")
      ->allow_extra_args(false);
  command->add_flag("--list-tokens", options->list_tokens, "List the presets");
  command->add_option("--ioctl", options->codes, "A control code (repeatable)")->allow_extra_args(false);
  command->add_option("--route", options->routes, "direct, trailing or relative (repeatable)")->allow_extra_args(false);
  command->add_option("--desired", options->desired,
                      "A plain access check for these rights instead of the device flow");
  command->add_option("--object-type", options->object_type, "Kernel object type for --desired");
  command->add_option("--vectors", options->vectors, "Run the cases of a JSON file and print their results");
  command->add_option("--machine-sid", options->machine_sid, "S-1-5-21-... for LA and LG");
  command->add_option("--domain-sid", options->domain_sid, "S-1-5-21-... for DA, DU and their like");
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->footer("Examples:\n"
                  "  ringfence access --sddl 'D:P(A;;GA;;;SY)(A;;GA;;;BA)' --ioctl 0x8a5f2403\n"
                  "  ringfence access --sddl SDDL_DEVOBJ_SYS_ALL_ADM_ALL --characteristics FILE_DEVICE_SECURE_OPEN\n"
                  "  ringfence access --device-type UNKNOWN --token user --token lpac --route direct\n"
                  "  ringfence access --sddl 'D:P(A;;GR;;;BU)' --token user --desired MAXIMUM_ALLOWED");
  command->callback([=, &chosen] { chosen = [options](const Console &c) { return run_access(*options, c); }; });
}

void add_sddl(CLI::App &app, Command &chosen) {
  auto *command = app.add_subcommand("sddl", "Explain, check and convert security descriptors");
  auto options = std::make_shared<SddlCommandOptions>();
  command->add_option("ACTION", options->action, "explain, lint, format, to-binary, from-binary, minimize or strings")
      ->required()
      ->check(CLI::IsMember({"explain", "lint", "format", "to-binary", "from-binary", "minimize", "strings"}));
  command->add_option("TEXT", options->text, "SDDL, SDDL_DEVOBJ_..., or hexadecimal bytes for from-binary");
  command->add_option("--mode", options->mode, "strict, or windows to accept what only Windows does")
      ->check(CLI::IsMember({"strict", "windows"}));
  command->add_option("--object-type", options->object_type, "explain: whose names the rights get");
  command->add_flag("--inf", options->inf, "lint: the text stands in an INF, where the whole language applies");
  command->add_option("--class-guid", options->class_guid, "lint: DeviceClassGuid of IoCreateDeviceSecure");
  command->add_option("--caller", options->callers, "minimize: SID or SID=CODE,CODE (repeatable)")
      ->allow_extra_args(false);
  command->add_flag("--without-administrators", options->without_administrators,
                    "minimize: grant nothing to Administrators");
  command->add_option("--machine-sid", options->machine_sid, "S-1-5-21-... for LA and LG");
  command->add_option("--domain-sid", options->domain_sid, "S-1-5-21-... for DA, DU and their like");
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->footer("Examples:\n"
                  "  ringfence sddl explain 'D:P(A;;GA;;;SY)(A;;GRGW;;;BU)'\n"
                  "  ringfence sddl lint 'D:P(A;;GA;;;SY)(A;;GA;;;WD)'\n"
                  "  ringfence sddl minimize --caller BU=0x8a5f6400 --caller LS=0x8a5fe404\n"
                  "  ringfence sddl from-binary $(ringfence sddl to-binary 'D:P(A;;GA;;;SY)')");
  command->callback([=, &chosen] { chosen = [options](const Console &c) { return run_sddl(*options, c); }; });
}

void add_ioctl(CLI::App &app, Command &chosen) {
  auto *command = app.add_subcommand("ioctl", "Decode control codes");
  auto options = std::make_shared<IoctlOptions>();
  command->add_option("CODE", options->codes, "A number, a public name, or CTL_CODE(type, function, method, access)")
      ->required();
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->footer("Examples:\n"
                  "  ringfence ioctl 0x2d1400 0x8a5f2403\n"
                  "  ringfence ioctl 'CTL_CODE(0x8000, 0x801, METHOD_BUFFERED, FILE_WRITE_DATA)'");
  command->callback([=, &chosen] { chosen = [options](const Console &c) { return run_ioctl(*options, c); }; });
}

void add_replay(CLI::App &app, Command &chosen) {
  auto *command =
      app.add_subcommand("replay", "Run the witnesses of a report again: does this build still do what it proves?");
  auto options = std::make_shared<ReplayOptions>();
  command
      ->add_option("WITNESSES", options->witnesses,
                   "A JSON report of `ringfence check`, a witness of --save-witness, or a directory of them")
      ->required();
  command->add_option("DRIVER", options->drivers,
                      "The driver, or another build of it; without: the paths that the report names");
  command
      ->add_option("--finding", options->findings,
                   "Only this one: CODE:KIND:PLACE or a part of it, a rule, or a finding's fingerprint (repeatable)")
      ->allow_extra_args(false);
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->add_option("-o,--output", options->output, "Write to FILE instead of standard output");
  command->footer(
      "Examples:\n"
      "  ringfence check --json report.json old/mydriver.sys\n"
      "  ringfence replay report.json                          the same build\n"
      "  ringfence replay report.json fixed/mydriver.sys       the witnesses must fail now\n"
      "  ringfence replay --finding 0x8a5f2403 report.json fixed/mydriver.sys\n\n"
      "Exit codes: 0 nothing reproduces, 1 at least one witness does, 2 usage, 3 something could not be judged");
  command->callback([=, &chosen] { chosen = [options](const Console &c) { return run_replay(*options, c); }; });
}

int run(int argc, char **argv) {
  CLI::App app("Ringfence: is this Windows driver safe to ship, and if not, where and why?", "ringfence");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text, "Print the version");
  app.footer("Examples:\n"
             "  ringfence check mydriver.sys          audit a driver\n"
             "  ringfence explain wx-section          what a finding means and how to fix it\n"
             "  ringfence COMMAND --help              options and examples of a command");
  Command chosen;
  add_check(app, chosen);
  add_surface(app, chosen);
  add_diff(app, chosen);
  add_ir(app, chosen);
  add_access(app, chosen);
  add_sddl(app, chosen);
  add_ioctl(app, chosen);
  add_replay(app, chosen);
  add_rule_commands(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? exit_passed : exit_usage;
  }
  return chosen(standard_console());
}

} // namespace

int main(int argc, char **argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "ringfence: internal error: %s\n", error.what());
    return exit_internal;
  }
}
