#!/usr/bin/env python3
"""Program databases at the command line: matching, what is said of a wrong one, names, and the rules on real files.

usage: pdb_behaviour.py RINGFENCE DRIVERS SCHEMA      DRIVERS is the directory of the built test drivers
Every case runs the real program. Prints one line per failed expectation; exits 1 when there is one.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

RINGFENCE, DRIVERS, SCHEMA = sys.argv[1], Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text())
failures = []


def check(*arguments):
    """Exit code and the one subject of a run."""
    result = subprocess.run([RINGFENCE, "check", "--format", "json", *map(str, arguments)], capture_output=True, text=True, timeout=120)
    if not result.stdout:
        return result.returncode, {"findings": [], "coverage": {"reasons": []}, "image": {}, "stderr": result.stderr}
    report = json.loads(result.stdout)
    jsonschema.validate(report, SCHEMA)
    return result.returncode, report["subjects"][0]


def expect(condition, what, subject=None):
    if not condition:
        failures.append(what)
        print("FAILED:", what)
        if subject is not None:
            print("  coverage:", json.dumps(subject["coverage"])[:600])


def pdb_rules():
    rules = json.loads(subprocess.run([RINGFENCE, "rules", "--format", "json"], capture_output=True, text=True, check=True).stdout)
    return {rule["id"]: rule for rule in rules if rule.get("group") == "pdb"}


def findings(subject, rules, verdict):
    return {f["rule"] for f in subject["findings"] if f["rule"] in rules and f["verdict"] == verdict}


def verdicts(rules):
    """Each driver of the set `pdb` fails exactly the rules whose BinSkim number its index names."""
    for driver in json.loads((DRIVERS / "index.json").read_text())["drivers"]:
        if driver["set"] != "pdb":
            continue
        wanted = {id for id, rule in rules.items() if set(rule["also"].replace(" ", "").split(",")) & set(driver.get("hardening", []))}
        for arch, file in driver["files"].items():
            _, subject = check(DRIVERS / file)
            found = findings(subject, rules, "fail")
            expect(found == wanted, f"{file}: fails {sorted(found)}, expected {sorted(wanted)}", subject)
            expect(subject["image"].get("pdb", {}).get("functions", 0) > 0, f"{file}: the report says which PDB was used", subject)


def matching(folder, rules):
    driver, pdb = DRIVERS / "x64/pdb-safe-buffers.sys", DRIVERS / "x64/pdb-safe-buffers.pdb"
    other = DRIVERS / "x64/pdb-direct-entry.pdb"
    alone = folder / "pdb-safe-buffers.sys"
    shutil.copy(driver, alone)
    code, subject = check(alone)
    expect(findings(subject, rules, "inconclusive") == set(rules), "without a PDB no rule that needs one decides", subject)
    expect(all(f["message"] == "not assessed without a PDB" for f in subject["findings"] if f["rule"] in rules), "and says why")
    expect(code != 3, "rules that need a PDB do not fail the run")
    for given in (pdb, DRIVERS / "x64"):
        _, subject = check(alone, "--pdb", given)
        expect("safe-buffers" in findings(subject, rules, "fail"), f"--pdb {given.name}", subject)
    place = next(f["location"]["symbol"] for f in subject["findings"] if f["rule"] == "safe-buffers")
    expect(place.startswith("digest (safe_buffers.c:"), f"a place has its function and line: {place}")

    _, subject = check(alone, "--pdb", other)
    expect("safe-buffers" not in findings(subject, rules, "fail"), "a PDB of another build is not used", subject)
    expect(any("another build" in r["why"] for r in subject["coverage"]["reasons"]), "and that is said", subject)
    expect(subject["coverage"]["verdict"] == "partial", "and the coverage is partial", subject)

    shutil.copy(other, folder / "pdb-safe-buffers.pdb")
    _, subject = check(alone)
    expect(any("another build" in r["why"] for r in subject["coverage"]["reasons"]), "a wrong one beside the driver is said", subject)
    _, subject = check(alone, "--pdb", pdb)
    expect("safe-buffers" in findings(subject, rules, "fail"), "the one given comes before the one beside the driver", subject)

    code, _ = check(alone, "--pdb", folder / "missing.pdb")
    expect(code == 2, "--pdb with a missing file is a usage error")


def hostile(folder, rules):
    """A damaged PDB with the right identity: the driver is still judged, and nothing passes on what could not be read."""
    driver = folder / "hostile.sys"
    shutil.copy(DRIVERS / "x64/pdb-good.sys", driver)
    content = (DRIVERS / "x64/pdb-good.pdb").read_bytes()
    for name, bytes_ in (("empty", b""), ("text", b"no PDB\n"), ("half", content[: len(content) // 2])):
        pdb = folder / f"{name}.pdb"
        pdb.write_bytes(bytes_)
        code, subject = check(driver, "--pdb", pdb)
        expect(code in (0, 1, 3) and subject["findings"], f"{name}: the driver is still judged", subject)
        expect(any(pdb.name in r["what"] for r in subject["coverage"]["reasons"]), f"{name}: the PDB is named in the coverage", subject)
        expect(findings(subject, rules, "pass") == set(), f"{name}: nothing passes", subject)


def places():
    """Entry points, handlers and operations have the name and the line of the source."""
    _, subject = check(DRIVERS / "x64" / "msr-read-any.sys")
    dispatch = {d["major"]: d for d in subject["surface"]["dispatch"]}
    control = dispatch["IRP_MJ_DEVICE_CONTROL"]
    expect(re.fullmatch(r"\w+\.[ch]:[1-9]\d*", control.get("source", "")) and control.get("symbol"), f"an entry point has its line: {control}", subject)
    code = next(i for i in subject["surface"]["ioctls"] if i["primitives"])
    expect(re.fullmatch(r"\w+\.[ch]:[1-9]\d*", code.get("handler_source", "")), f"a handler has its line: {code}", subject)
    expect(re.fullmatch(r"\w+\.[ch]:[1-9]\d*", code["primitives"][0].get("sink_source", "")), "an operation has its line", subject)
    page = subprocess.run([RINGFENCE, "surface", DRIVERS / "x64" / "msr-read-any.sys"], capture_output=True, text=True, timeout=120).stdout
    expect(control["source"] in page, "the page has the line of an entry point", subject)


def main():
    rules = pdb_rules()
    places()
    expect(len(rules) >= 9, "the rules on program databases are listed")
    verdicts(rules)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        matching(folder, rules)
        hostile(folder, rules)
    sys.exit(1 if failures else 0)


main()
