#!/usr/bin/env python3
"""Audits the corpus of real drivers: no crash, a valid report, the same bytes on every run and thread count.

usage: corpus_run.py RINGFENCE CORPUS SCHEMA
Prints "skipped 1" and succeeds where the corpus is missing.
"""
import json
import subprocess
import sys
from pathlib import Path

RINGFENCE, CORPUS, SCHEMA = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])


def audit(jobs):
    result = subprocess.run([RINGFENCE, "check", "--format", "json", f"-j{jobs}", str(CORPUS)], capture_output=True,
                            timeout=1200)
    assert result.returncode in (0, 1, 3), f"exit code {result.returncode}: {result.stderr[:500]!r}"
    return result.stdout


def main():
    if not CORPUS.is_dir():
        print("skipped 1: no corpus beside the checkout")
        return
    import jsonschema
    first = audit(1)
    assert first == audit(1), "two runs differ"
    assert first == audit(2), "one and two threads differ"
    report = json.loads(first)
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    expected = {entry["sha256"] for entry in json.loads((CORPUS / "manifest.json").read_text())}
    read = {s["sha256"] for s in report["subjects"] if "error" not in s}
    assert read == expected, f"not read: {sorted(expected - read)}, unexpected: {sorted(read - expected)}"
    verdicts = {}
    for subject in report["subjects"]:
        verdict = subject["coverage"]["verdict"]
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
        assert subject["findings"], f"{subject['path']}: no verdict at all"
    print(f"audited {len(report['subjects'])} drivers, coverage {verdicts}, skipped 0")


main()
