#!/usr/bin/env python3
"""`check --trace` on the test drivers: what is not reported has a reason, and the reason is the right one.

usage: trace.py RINGFENCE DRIVERS      DRIVERS is the folder that holds index.json and the drivers by architecture
"""
import json
import re
import subprocess
import sys
from pathlib import Path

RINGFENCE, DRIVERS = sys.argv[1], Path(sys.argv[2])
A = "0x9c402004"
failures, checked = [], 0

# driver, code, outcome, kind, words of the reason, a check that must be shown (None: none has to be)
CASES = [
    ("msr-read-any", A, "reported", "msr-read", "nothing confines it", None),
    ("msr-read-any-good", A, "confined", "msr-read", "confines it", r"SystemBuffer\[0x0\.\.0x4\) in \[0x198,0x199\]"),
    ("msr-write-any-good", A, "not-chosen", "msr-write", "constant 0x199", None),
    ("msr-success-after-failed-check-good", A, "not-chosen", "msr-read", "one value, 0x10", r"SystemBuffer\[0x0\.\.0x4\) == 0x10"),
    ("msr-deny-list", A, "reported", "msr-write", "deny-list", r"!= 0x174"),
    ("msr-always-true-check", A, "reported", "msr-read", "", None),
    ("port-pointer-operand-good", A, "not-chosen", "port-write", "the constant", None),
    ("port-delay-constants-good", A, "not-chosen", "port-write", "constant 0x80", None),
    ("kernel-requestor-mode", A, "reported", "kernel-memory-write", "requestor-mode", None),
    ("phys-end-not-checked-good", A, "confined", "physical-memory-read", "confines it", r"SystemBuffer\[0x0\.\.0x[48]\)"),
    ("process-handle-returned", A, "reported", "process-open", "", None),
]


def trace(driver, arch, code, *more):
    path = DRIVERS / arch / f"{driver}.sys"
    if not path.is_file():
        return None
    result = subprocess.run([RINGFENCE, "check", "--trace", code, *more, path], capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        failures.append(f"{path.name}: exit code {result.returncode}: {result.stderr}")
        return None
    return result.stdout


def expect(condition, what):
    global checked
    checked += 1
    if not condition:
        failures.append(what)


def cases():
    for driver, code, outcome, kind, words, check in CASES:
        for arch in ("x64", "x86"):
            text = trace(driver, arch, code, "--format", "json")
            if text is None:
                continue
            report = json.loads(text)
            expect(report["schema"] == "ringfence.trace/1", f"{driver}: {report['schema']}")
            found = [o for o in report["trace"]["operations"] if o["kind"] == kind and o["outcome"] == outcome and words in o["why"]]
            expect(found, f"{arch}/{driver}: no {outcome} {kind} because of '{words}': {[(o['kind'], o['outcome'], o['why']) for o in report['trace']['operations']]}")
            if check:
                texts = [c["check"] for o in found for c in o["checks"]]
                expect(any(re.search(check, t) for t in texts), f"{arch}/{driver}: no check like {check} in {texts}")
                expect(all(c["rva"].startswith("0x") for o in found for c in o["checks"]), f"{arch}/{driver}: a check without a place")


def pages():
    text = trace("msr-success-after-failed-check-good", "x64", A)
    if text is None:
        return
    for words in ("Requests arrive at IRP_MJ_DEVICE_CONTROL at 0x", "Where its paths ended", "completed with STATUS_SUCCESS", "not reported  msr-read", "check: SystemBuffer[0x0..0x4) == 0x10 at 0x"):
        expect(words in text, f"the page lacks '{words}':\n{text}")
    expect("does nothing for this code" in trace("msr-read-any", "x64", "0x222004"), "an unknown code is said to be like every unknown code")
    expect("No path was followed for it" in trace("msr-read-any", "x64", "IRP_MJ_WRITE"), "a route that does not exist is said not to be followed")
    expect("reported  port-write" in trace("dispatch-write-route", "x64", "IRP_MJ_WRITE"), "a route is traced like a code")
    expect("reported  msr-read" in trace("flt-msr", "x64", "port:message"), "messages of a port are traced")
    unmodelled = trace("kmdf-msr-read", "x64", A)
    expect("reported  msr-read" in unmodelled, "requests of the framework are traced")


def every_code_has_ends():
    """For each handled code of some drivers the trace is one of its paths, and agrees with the report."""
    drivers = [d for d in json.loads((DRIVERS / "index.json").read_text())["drivers"] if d["set"] in ("traps", "real", "wdf")]
    for driver in drivers[::7]:
        path = DRIVERS / "x64" / f"{driver['name']}.sys"
        if not path.is_file():
            continue
        subject = json.loads(subprocess.run([RINGFENCE, "check", "--format", "json", "-j1", path], capture_output=True, text=True).stdout)["subjects"][0]
        for code in subject["surface"]["ioctls"][:2]:
            text = trace(driver["name"], "x64", code["code"], "--format", "json")
            if text is None:
                continue
            traced = json.loads(text)["trace"]
            expect(traced["followed"] and traced["told_apart"] and traced["status"] == code["status"], f"{path.name} {code['code']}: {traced['status'] if 'status' in traced else traced}")
            expect(traced["ends"], f"{path.name} {code['code']}: no path ends")
            wanted = {p["sink_rva"] for p in code["primitives"] if p["kind"].startswith(("msr", "port", "control"))}
            shown = {o["rva"] for o in traced["operations"] if o["outcome"] in ("reported", "confined")}
            expect(wanted <= shown, f"{path.name} {code['code']}: {wanted - shown} are in the report and not in the trace")


if not (DRIVERS / "x64").is_dir():
    print("skipped 1: no test driver is built")
    sys.exit(0)
cases()
pages()
every_code_has_ends()
for failure in failures:
    print("FAILED:", failure)
print(f"{checked} expectations of traces, {len(failures)} wrong")
sys.exit(1 if failures else 0)
