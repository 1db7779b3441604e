#!/usr/bin/env python3
"""Audits the images of the built test drivers: each must fail the image rule that its `hardening` names, and its twin must pass it;
each must be of the framework it was written for, and only packed code is not analysable.

usage: check_image_rules.py RINGFENCE INDEX.json

A hardening code is a BinSkim number, a Driver Verifier code or a word of index.toml; CODES says which rule answers to it.
"""
import json
import subprocess
import sys
from pathlib import Path

RINGFENCE, INDEX = sys.argv[1], Path(sys.argv[2])
CODES = {
    "2003": "wx-section", "2004": "section-alignment", "2005": "iat-in-executable-section",
    "BA2008": "no-control-flow-guard", "BA2009": "relocations-stripped", "BA2010": "iat-in-executable-section",
    "BA2012": "security-cookie-not-default", "BA2018": "no-safe-seh", "BA2019": "writable-shared-section",
    "BA2025": "no-cet-compatibility", "BA2026": "sdl-not-used", "BA2029": "no-force-integrity",
    "init-discardable": "init-not-discardable", "page-writable": "writable-page-code", "checksum": "checksum-mismatch",
    "straddling-relocation": "straddling-relocation", "entry-point": "entry-point-unusual-section",
    "version-resource": "no-version-resource", "pdb-path": "build-path-in-image", "overlay": "overlay-data",
}
# Drivers whose code the image rules do not fail, with the verdict they give instead.
EXPECTED = {
    ("no-nx", "BA2016"): ("no-nx-compat", "not_applicable"),   # kernel images
    ("no-pdb", "pdb-path"): ("build-path-in-image", "not_applicable"),
    ("no-gs", "BA2011"): ("security-cookie-absent", "fail"),   # the part of BA2011 that bytes decide
}
WITHOUT_RULE = {"BA2002", "BA2004", "BA2007", "BA2011", "BA2013", "BA2014", "BA2024", "BA2027", "packed"}


def audit(paths):
    result = subprocess.run([RINGFENCE, "check", "--image-only", "--format", "json", *map(str, paths)], capture_output=True, check=False)
    verdicts = {}
    for subject in json.loads(result.stdout)["subjects"]:
        path = Path(subject["path"])
        verdicts[path, "coverage"] = subject["coverage"]["verdict"]
        verdicts[path, "framework"] = subject["image"]["framework"].lower()
        for finding in subject["findings"]:
            verdicts.setdefault((Path(subject["path"]), finding["rule"]), finding["verdict"])
    return verdicts


def expectations(drivers):
    """(file, rule, verdict, where it comes from)"""
    by_name = {driver["name"]: driver for driver in drivers}
    for driver in drivers:
        packed = "packed" in (driver.get("hardening") or [])
        for file in driver["files"].values():
            yield file, "coverage", "not-analysable" if packed else "complete", driver["name"]
            yield file, "framework", driver["framework"].lower(), driver["name"]
        for code in driver.get("hardening") or []:
            rule, verdict = EXPECTED.get((driver["name"], code), (CODES.get(code), "fail"))
            if rule is None:
                if code not in WITHOUT_RULE:
                    raise SystemExit(f"{driver['name']}: no rule is known for hardening '{code}'")
                continue
            for arch, file in driver["files"].items():
                # Control Flow Guard of 32-bit kernel images is not judged; shadow stacks exist on x64.
                applies = not (rule == "no-control-flow-guard" and arch == "x86")
                yield file, rule, verdict if applies else "not_applicable", driver["name"]
                twin = by_name.get(driver.get("twin"), {}).get("files", {}).get(arch)
                if twin and verdict == "fail" and applies:
                    yield twin, rule, "pass", f"twin of {driver['name']}"


def main():
    drivers = json.loads(INDEX.read_text())["drivers"]
    wanted = sorted(set(expectations(drivers)))
    verdicts = audit(sorted({INDEX.parent / file for file, *_ in wanted}))
    failed = 0
    for file, rule, verdict, origin in wanted:
        found = verdicts.get((INDEX.parent / file, rule), "no verdict")
        if found != verdict and not (origin.startswith("twin") and found == "not_applicable"):
            print(f"{file} ({origin}): {rule} is {found}, expected {verdict}")
            failed += 1
    print(f"{len(wanted)} verdicts on {len({w[0] for w in wanted})} test drivers, {failed} wrong")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
