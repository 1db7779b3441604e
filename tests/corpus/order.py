#!/usr/bin/env python3
"""The report does not depend on the number of threads or on the order of the files, and nothing but the bytes of its
witnesses on the seed of Z3's search.

usage: order.py RINGFENCE FOLDER [MOST]      FOLDER is searched for *.sys; every n-th is taken, MOST (default 60) in all
"""
import json
import subprocess
import sys
from pathlib import Path

RINGFENCE, FOLDER, MOST = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 60


def report(paths, *options):
    result = subprocess.run([RINGFENCE, "check", "--format", "json", "-q", *options, *map(str, paths)], capture_output=True, timeout=1800)
    if result.returncode not in (0, 1, 3):
        sys.exit(f"exit code {result.returncode}: {result.stderr.decode()[:400]}")
    return result.stdout


def by_path(text):
    return {s["path"]: json.dumps(s, sort_keys=True) for s in json.loads(text)["subjects"]}


def without_witnesses(value):
    if isinstance(value, dict):
        return {key: without_witnesses(member) for key, member in value.items() if key != "witness"}
    return [without_witnesses(member) for member in value] if isinstance(value, list) else value


def main():
    files = sorted(FOLDER.rglob("*.sys"))
    if not files:
        print("skipped 1: no drivers")
        sys.exit(77)
    # Every n-th, and the smaller ones first in doubt: a test of order, not of speed.
    files = [f for f in files if f.stat().st_size < 400_000]
    files = files[:: max(1, len(files) // MOST)][:MOST]
    one, four, again = report(files, "-j1"), report(files, "-j4"), report(files[::-1], "-j3")
    failures = 0
    if one != four:
        failures += 1
        print("FAILED: one thread and four give different bytes")
    forward, backward = by_path(one), by_path(again)
    for path, subject in forward.items():
        if backward.get(path) != subject:
            failures += 1
            print(f"FAILED: {json.loads(subject).get('sha256', '')[:8]} differs when the files come in another order")
    other_seed = by_path(report(files, "-j4", "--solver-seed", "20261"))
    for path, subject in forward.items():
        if without_witnesses(json.loads(subject)) != without_witnesses(json.loads(other_seed.get(path, "{}"))):
            failures += 1
            print(f"FAILED: {json.loads(subject).get('sha256', '')[:8]} differs with another seed of the solver")
    print(f"{len(files)} drivers in four runs, {failures} differences")
    sys.exit(1 if failures else 0)


main()
