#!/usr/bin/env python3
"""The surface of the corpus against hand-verified truth: what was reached once must not be lost again.

usage: surface_floors.py RINGFENCE CORPUS SCORE SCHEMA [JSON to write]
Floors are values that were measured; raise them when the analysis gets better. Also measured: for how many of the drivers that
import a routine which makes devices a dispatch surface is found, and the slowest drivers are named.
Prints "skipped 1" and exits with 77 where the corpus or the scorer is missing.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

RINGFENCE, CORPUS, SCORE, SCHEMA = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])

FLOORS = {
    "code recall": 1.0,
    "code precision": 0.996,
    "dispatch found": 1.0,
    "device name": 1.0,
    "secure-open": 1.0,
    "sddl": 1.0,
    "reach": 1.0,
}
SURFACE_FLOOR = 0.95  # of the drivers that import a routine which makes devices
CODES_FLOOR = 2500  # codes and routes of all drivers together
MAKERS = {"IoCreateDevice", "IoCreateDeviceSecure", "WdfVersionBind", "FltCreateCommunicationPort", "NdisMRegisterDevice", "NdisRegisterDeviceEx",
          "StorPortInitialize", "ScsiPortInitialize", "VideoPortInitialize", "KsInitializeDriver", "PcInitializeAdapterDriver"}


def measure(report_path):
    out = subprocess.run([sys.executable, SCORE, report_path, CORPUS / "truth.json"], capture_output=True, text=True,
                         check=True).stdout
    return {name: float(value) for name, value in re.findall(r"([a-z][a-z -]*[a-z]): \d+/\d+ = ([0-9.]+)", out)}


def surface_share(report):
    wanted, found, without = 0, 0, []
    for subject in report["subjects"]:
        imports = {f for module in subject.get("image", {}).get("imports", []) for f in module["functions"]}
        if not imports & MAKERS:
            continue
        wanted += 1
        dispatch = {d["major"] for d in subject.get("surface", {}).get("dispatch", [])}
        if "IRP_MJ_DEVICE_CONTROL" in dispatch or "IRP_MJ_CREATE" in dispatch:
            found += 1
        else:
            without.append(Path(subject["path"]).name)
            # A driver without a surface says why.
            assert subject["coverage"]["reasons"] or "surface" in subject, f"{subject['path']}: no surface and no reason"
    return found / max(wanted, 1), wanted, without


def main():
    if not CORPUS.is_dir() or not SCORE.is_file():
        print("skipped 1: no corpus or no scorer beside the checkout")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        result = subprocess.run([RINGFENCE, "surface", "--format", "json", "-o", path, CORPUS], capture_output=True, timeout=1200)
        assert result.returncode in (0, 3), f"exit code {result.returncode}: {result.stderr[:500]!r}"
        report = json.loads(path.read_text())
        measured = measure(path)
    import jsonschema
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    failed = []
    for name, floor in FLOORS.items():
        print(f"{name}: {measured[name]:.3f} (floor {floor})")
        if measured[name] < floor:
            failed.append(name)
    share, wanted, without = surface_share(report)
    print(f"surface found: {share:.3f} of {wanted} drivers that make devices (floor {SURFACE_FLOOR}); without: {', '.join(without)}")
    if share < SURFACE_FLOOR:
        failed.append("surface found")
    assert not failed, f"below the floor: {', '.join(failed)}"
    print("skipped 0")
    return 0


sys.exit(main())
