#!/usr/bin/env python3
"""Analyse the test drivers and compare the report with the index: what was reached once must not be lost again.

usage: score_run.py RINGFENCE DRIVERS --require NAME=RATIO...

DRIVERS is the folder that holds index.json and the drivers by architecture.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

ringfence, drivers = sys.argv[1], Path(sys.argv[2])
with tempfile.TemporaryDirectory() as folder:
    report = Path(folder) / "report.json"
    folders = [drivers / arch for arch in ("x64", "x86") if (drivers / arch).is_dir()]
    with report.open("wb") as out:
        result = subprocess.run([ringfence, "check", "--format", "json", "-j1", *folders], stdout=out, timeout=900)
    if result.returncode not in (0, 1, 3):
        sys.exit(f"exit code {result.returncode} of {ringfence}")
    scorer = Path(__file__).with_name("score_drivers.py")
    sys.exit(subprocess.run([sys.executable, scorer, report, drivers / "index.json", *sys.argv[3:]]).returncode)
