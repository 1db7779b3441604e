#include <ringfence/audit/trace.h>

#include "pdb_match.h"
#include "surface.h"

#include <ringfence/base/text.h>
#include <ringfence/driver/trace.h>
#include <ringfence/kernel/names.h>

#include <array>

namespace ringfence::audit {
namespace {

/// Sets an address with its function and source line.
void set_place(Value &out, std::string_view key, Rva rva, const pdb::Pdb *pdb) {
  out.set(key, hex(rva.value));
  std::vector<finding::Finding> named(1);
  named[0].location.rva = rva;
  if (pdb)
    name_places(*pdb, named);
  if (!named[0].location.symbol.empty())
    out.set("symbol", named[0].location.symbol);
}

Value checks_value(const std::vector<driver::PathCheck> &checks, const pdb::Pdb *pdb) {
  Value out = Value::array();
  for (const driver::PathCheck &check : checks) {
    Value one = Value::object({{"check", check.text}});
    set_place(one, "rva", check.at, pdb);
    out.push(std::move(one));
  }
  return out;
}

Value end_value(const driver::TracedEnd &end, const pdb::Pdb *pdb) {
  Value out = Value::object({{"how", end.how}, {"paths", static_cast<std::uint64_t>(end.paths)}});
  if (end.status) {
    out.set("status", hex(*end.status, 8));
    const auto name =
        *end.status == 0 ? std::string_view("STATUS_SUCCESS") : kernel::name_of(kernel::NameSet::ntstatus, *end.status);
    if (!name.empty())
      out.set("status_name", name);
  }
  if (end.at)
    set_place(out, "rva", *end.at, pdb);
  out.set("after", checks_value(end.after, pdb));
  return out;
}

Value operation_value(const driver::TracedOperation &operation, const pdb::Pdb *pdb) {
  constexpr std::array<std::string_view, 4> outcomes = {"reported", "confined", "not-chosen", "left-out"};
  Value out = Value::object({{"kind", operation.kind},
                             {"argument", operation.argument},
                             {"outcome", outcomes[static_cast<std::size_t>(operation.outcome)]},
                             {"why", operation.why}});
  set_place(out, "rva", operation.at, pdb);
  if (!operation.value.empty())
    out.set("value", operation.value);
  if (!operation.admitted.empty())
    out.set("admitted", operation.admitted);
  out.set("times", static_cast<std::uint64_t>(operation.paths));
  out.set("checks", checks_value(operation.checks, pdb));
  return out;
}

Value trace_value(const driver::Trace &trace, const driver::Driver &driver, const pdb::Pdb *pdb) {
  constexpr std::array<std::string_view, 3> statuses = {"handled", "forwarded", "rejected"};
  Value out = Value::object({{"code", trace.subject.code ? hex(*trace.subject.code, 8) : trace.subject.route},
                             {"followed", trace.followed},
                             {"told_apart", trace.told_apart}});
  if (trace.status)
    out.set("status", statuses[static_cast<std::size_t>(*trace.status)]);
  Value entries = Value::array(), ends = Value::array(), operations = Value::array(), calls = Value::array(),
        gaps = Value::array(), codes = Value::array();
  for (const std::string &entry : trace.entries)
    entries.push(entry);
  for (const driver::TracedEnd &end : trace.ends)
    ends.push(end_value(end, pdb));
  for (const driver::TracedOperation &operation : trace.operations)
    operations.push(operation_value(operation, pdb));
  for (const driver::TracedCall &call : trace.not_modelled) {
    Value one = Value::object({{"routine", call.routine}});
    set_place(one, "rva", call.at, pdb);
    calls.push(std::move(one));
  }
  for (const driver::Gap &gap : trace.gaps) {
    Value one = Value::object({{"what", gap.what}});
    if (gap.rva)
      set_place(one, "rva", *gap.rva, pdb);
    gaps.push(std::move(one));
  }
  for (const driver::Ioctl &ioctl : driver.ioctls)
    codes.push(ioctl.route.empty() ? hex(ioctl.code, 8) : ioctl.route);
  out.set("entries", std::move(entries));
  out.set("ends", std::move(ends));
  out.set("operations", std::move(operations));
  out.set("not_modelled", std::move(calls));
  out.set("gaps", std::move(gaps));
  out.set("blocks", static_cast<std::uint64_t>(trace.blocks));
  out.set("known_codes", std::move(codes));
  return out;
}

} // namespace

Result<Value> trace_driver(std::string path, std::vector<std::byte> bytes, std::string_view subject,
                           const PdbAccess *pdbs) {
  auto loaded = image::load(std::move(bytes));
  if (!loaded)
    return loaded.error();
  const image::Image image = *std::move(loaded);
  if (!has_surface(image)) {
    const std::string why = why_no_surface(image);
    return Error{ErrorCode::unsupported, 0, why.empty() ? "the image has no entry point: nothing is followed" : why};
  }
  driver::TraceSubject wanted;
  if (const auto code = parse_unsigned(subject); code && *code <= 0xffffffff)
    wanted.code = static_cast<std::uint32_t>(*code);
  else
    wanted.route = std::string(subject);
  report::Coverage ignored;
  const auto matched = find_pdb(image, path, pdbs, ignored);
  driver::Driver driver;
  const driver::Trace trace = driver::trace(image, {}, wanted, driver);
  Value out = Value::object({{"path", std::move(path)}});
  out.set("trace", trace_value(trace, driver, matched ? &matched->pdb : nullptr));
  return out;
}

} // namespace ringfence::audit
