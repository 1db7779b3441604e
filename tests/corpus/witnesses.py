#!/usr/bin/env python3
"""Witnesses in the report: the bad test driver is proved, its good twin is not, and every witness keeps its form.

usage: witnesses.py RINGFENCE DRIVERS CORPUS
The canary stands in the inputs once, at the place that the witness names, and fits the range that the finding admits. Over the hand-read
drivers of the corpus the number of proved primitives is a floor. Prints "skipped ..." for what is missing.
"""
import json
import subprocess
import sys
from pathlib import Path

RINGFENCE, DRIVERS, CORPUS = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
FLOOR = 340  # primitives proved over the hand-read drivers


def primitives(paths):
    out = subprocess.run([RINGFENCE, "check", "--format", "json", "-j1", *map(str, paths)], capture_output=True, text=True).stdout
    for subject in json.loads(out)["subjects"]:
        for ioctl in (subject.get("surface") or {}).get("ioctls", []):
            for primitive in ioctl["primitives"]:
                yield subject["path"], ioctl, primitive


def check_form(path, ioctl, primitive):
    where = f"{path} {ioctl['code']} {primitive['sink_rva']}"
    proved = primitive["evidence"] == "L3"
    assert proved == ("witness" in primitive), where
    assert proved != ("evidence_why" in primitive), where
    if not proved:
        return 0
    witness = primitive["witness"]
    argument, control = witness["argument"], witness["requests"][-1]
    opened = "port:connect" if ioctl["code"].startswith("port:") else "IRP_MJ_CREATE"
    assert witness["requests"][0]["major"] == opened and ioctl["code"].startswith(control.get("code", control["major"])), where
    data, size = bytes.fromhex(witness["requests"][argument["in_request"]]["in_hex"]), argument["bytes"]
    canary = argument["canary_a"].to_bytes(size, "little")
    assert argument["canary_b"] != argument["canary_a"] and argument["canary_b"] < 1 << 8 * size, where
    inputs = [bytes.fromhex(request.get("in_hex", "")) for request in witness["requests"]]
    assert sum(one.count(canary) for one in inputs) == 1 and data.index(canary) == argument["in_offset"], where
    return 1


def main():
    for arch in ("x64", "x86"):
        bad, good = (DRIVERS / arch / f"demo-msr-any{twin}.sys" for twin in ("", "-good"))
        if not bad.exists() or not good.exists():
            print(f"skipped {arch}: the test drivers are not built")
            continue
        proved = [p for path, i, p in primitives([bad]) if check_form(path, i, p)]
        assert {p["kind"] for p in proved} == {"msr-read", "msr-write"} and all(p["argument"] == "ecx" for p in proved), proved
        for path, ioctl, primitive in primitives([good]):
            check_form(path, ioctl, primitive)
            assert primitive["constrained"], "the good twin is reported"
            if "witness" in primitive:
                argument = primitive["witness"]["argument"]
                assert all(0x606 <= argument[name] <= 0x641 for name in ("canary_a", "canary_b")), argument
    truth = CORPUS / "truth.json"
    if not truth.exists():
        print("skipped the corpus: it is missing")
        return
    hashes = {driver["sha256"][:16].lower() for driver in json.loads(truth.read_text())["drivers"]}
    drivers = sorted(p for p in CORPUS.glob("x*/*") if p.name[:16].lower() in hashes)
    proved = sum(check_form(path, i, p) for path, i, p in primitives(drivers))
    print(f"proved: {proved} primitives of {len(drivers)} drivers")
    assert proved >= FLOOR, f"{proved} primitives are proved, {FLOOR} were"


main()
