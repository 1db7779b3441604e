#!/usr/bin/env python3
"""The rules over the surface on the built test drivers.

usage: check_surface_rules.py RINGFENCE INDEX.json

- `rules` of a driver's entry lists rules that fail for it; its twin passes them (or they do not apply to it);
- over all drivers, findings and report agree: a code with a privileged operation that nothing confines and that somebody
  reaches is a finding of the rule that the report names, and no other code is;
- the demo's bad driver makes `check` exit with 1, its good twin passes;
- a driver whose registered routes were not followed never passes: the verdict is inconclusive, the exit code 3.
"""
import json
import subprocess
import sys
from pathlib import Path

RINGFENCE, INDEX = sys.argv[1], Path(sys.argv[2])
# The rules on what a caller does with a code; each answers to kinds of the report.
OPERATIONS = {p.stem for group in ("privilege", "memory") for p in (Path(__file__).parents[3] / "docs/rules" / group).glob("*.md")}
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def check(*arguments):
    return subprocess.run([RINGFENCE, "check", *map(str, arguments)], capture_output=True, text=True, check=False)


def verdicts(subject, rule):
    return {f["verdict"] for f in subject["findings"] if f["rule"] == rule}


def expected_findings(subject):
    """(rule, anchor) of each privileged operation that must be a finding."""
    for code in subject.get("surface", {}).get("ioctls", []):
        for primitive in code["primitives"]:
            if not primitive["constrained"] and "rule" in primitive and code["reach"] != "none":
                yield primitive["rule"], f"{code['code']} {primitive['kind']}"


def consistent(path, subject):
    wanted = set(expected_findings(subject))
    found = {(f["rule"], f["anchor"]) for f in subject["findings"] if f["verdict"] == "fail" and f["rule"] in OPERATIONS}
    expect(wanted == found, f"{path}: findings {sorted(found - wanted)} without an operation, operations {sorted(wanted - found)} without a finding")
    for finding in subject["findings"]:
        if finding["verdict"] == "fail" and finding["rule"] in OPERATIONS:
            expect("rva" in finding["location"] and finding["path"] and finding["reach"], f"{path}: a finding names place, path and reach")
    unfollowed = {r["what"] for r in subject["coverage"]["reasons"]} & {"framework queues and callbacks", "messages to a filter port", "DriverEntry",
                                                                      "requests of a Storport miniport", "dispatch routines", "control codes"}
    if unfollowed:
        expect(not any("pass" in verdicts(subject, f["rule"]) for f in subject["findings"] if f["rule"].startswith("caller-chosen-")),
               f"{path}: {sorted(unfollowed)} not followed, and yet a rule over the surface passes")


def main():
    drivers = json.loads(INDEX.read_text())["drivers"]
    by_name = {d["name"]: d for d in drivers}
    paths = sorted(INDEX.parent / f for d in drivers if "surface" in d for a, f in d["files"].items() if a != "arm64" and (INDEX.parent / f).exists())
    if not paths:
        print("skipped 1: no test driver is built")
        return
    subjects = {Path(s["path"]): s for s in json.loads(check("--format", "json", *paths).stdout)["subjects"]}
    for path, subject in subjects.items():
        consistent(path.name, subject)
    checked = 0
    for driver in drivers:
        if driver["good"]:
            continue
        for rule in driver.get("rules", []):
            for arch, file in driver["files"].items():
                if INDEX.parent / file not in subjects:
                    continue
                found = verdicts(subjects[INDEX.parent / file], rule)
                expect("fail" in found, f"{file}: {rule} is {found}, expected fail")
                twin = by_name.get(driver.get("twin"), {}).get("files", {}).get(arch)
                if twin and INDEX.parent / twin in subjects:
                    found = verdicts(subjects[INDEX.parent / twin], rule)
                    expect(found and found <= {"pass", "not_applicable"}, f"{twin}: {rule} is {found}, expected pass")
                checked += 1
    bad, good = INDEX.parent / "x64/demo-msr-any.sys", INDEX.parent / "x64/demo-msr-any-good.sys"
    if bad in subjects and good in subjects:
        result = check(bad)
        expect(result.returncode == 1 and "any user can write the model-specific register" in result.stdout, "the demo's bad driver fails")
        result = check(good)
        expect(result.returncode == 0 and "  pass" in result.stdout, "the demo's good driver passes")
    print(f"{len(subjects)} test drivers, {checked} verdicts of rules, {len(failures)} wrong")
    sys.exit(1 if failures else 0)


main()
