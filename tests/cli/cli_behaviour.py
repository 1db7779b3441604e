#!/usr/bin/env python3
"""What a user meets at the command line: bad input, exit codes, help, the schema of the report.

usage: cli_behaviour.py RINGFENCE DRIVER SCHEMA      DRIVER is any readable driver
Every case runs the real program. Prints one line per failed expectation; exits 1 when there is one.
"""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import jsonschema

RINGFENCE, DRIVER, SCHEMA = sys.argv[1:4]
failures = []


def run(*arguments, **environment):
    return subprocess.run([RINGFENCE, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **environment})


def expect(condition, what, result=None):
    if not condition:
        failures.append(what)
        print("FAILED:", what)
        if result is not None:
            print("  exit", result.returncode, "\n  out:", result.stdout[:600], "\n  err:", result.stderr[:600])


def expect_run(code, text, *arguments):
    result = run(*arguments)
    expect(result.returncode == code, f"{' '.join(map(str, arguments))}: expected exit code {code}", result)
    expect(text in result.stdout + result.stderr, f"{' '.join(map(str, arguments))}: expected the text '{text}'", result)
    return result


def bad_input(folder):
    empty = folder / "empty.sys"
    empty.write_bytes(b"")
    words = folder / "words.sys"
    words.write_text("this is not a driver\n")
    elf = folder / "elf.sys"
    elf.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(64))
    sparse = folder / "sparse.sys"
    with open(sparse, "wb") as file:
        file.truncate(4 << 30)
    bare = folder / "bare"
    bare.mkdir()
    expect_run(3, "no such file", "check", folder / "missing.sys")
    expect_run(5, "nothing to scan", "check", bare)
    expect_run(3, "expected", "check", empty)
    expect_run(3, "MZ", "check", words)
    expect_run(3, "ELF", "check", elf)
    expect_run(3, "limit", "check", sparse)
    expect_run(3, "regular file", "check", "/dev/null")
    sparse.unlink()
    # A bad file must not cost the others their results.
    good = folder / "good.sys"
    shutil.copy(DRIVER, good)
    result = run("check", "--format", "json", words, good, folder / "missing.sys")
    subjects = json.loads(result.stdout)["subjects"]
    expect([("error" in s) for s in subjects] == [True, False, True], "each subject keeps its own result", result)
    if os.geteuid() != 0:
        good.chmod(0)
        expect_run(3, "could not be", "check", good)
        good.chmod(stat.S_IRUSR)


def disappearing(folder):
    """Drivers are truncated and removed while they are read: every run must end with a report."""
    victim = folder / "victim.sys"
    content = Path(DRIVER).read_bytes()
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            victim.write_bytes(content)
            with open(victim, "r+b") as file:
                file.truncate(len(content) // 2)
            victim.unlink(missing_ok=True)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(20):
            result = run("check", "--format", "json", victim)
            expect(result.returncode in (0, 1, 3), "a disappearing driver ends with a report", result)
            expect("subjects" in json.loads(result.stdout or "{}"), "a disappearing driver is in the report", result)
            time.sleep(0.01)
    finally:
        stop.set()
        thread.join()


def usage():
    expect_run(2, "", "check")
    expect_run(2, "", "no-such-command")
    expect_run(2, "wx-section", "explain", "wx-sectoin")
    expect_run(2, "rules", "check", "--rule", "no-such-rule", DRIVER)
    expect_run(2, "", "check", "--fail-on", "terrible", DRIVER)
    expect_run(0, "Examples", "check", "--help")
    expect_run(0, "ringfence", "version")
    expect_run(0, "## Fix", "explain", "wx-section")
    expect_run(0, "wx-section", "rules")
    rules = json.loads(run("rules", "--format", "json").stdout)
    expect(all(r["id"] and r["fix"] for r in rules), "every rule has an id and a fix")
    for rule in rules:
        expect(run("explain", rule["id"]).returncode == 0, f"explain {rule['id']}")


def outputs(folder):
    report = folder / "report.json"
    result = run("check", DRIVER, "--json", report, "--fail-on", "note")
    expect(report.exists(), "the report is written before the run fails", result)
    jsonschema.validate(json.loads(report.read_text()), json.loads(Path(SCHEMA).read_text()))
    result = run("check", DRIVER, "-o", folder / "none" / "report.txt")
    expect(result.returncode == 4, "an output that cannot be written is an error of its own", result)
    result = run("check", DRIVER)
    expect("\x1b" not in result.stdout, "no colour into a pipe", result)
    first = run("check", "--format", "json", "-j1", DRIVER, DRIVER, DRIVER).stdout
    second = run("check", "--format", "json", "-j3", DRIVER, DRIVER, DRIVER).stdout
    expect(first == second, "the same bytes at any thread count")
    odd = folder / "a\x1b[2Jb.sys"
    shutil.copy(DRIVER, odd)
    expect("\x1b" not in run("check", odd).stdout, "a hostile file name is made printable")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bad_input(folder)
        disappearing(folder)
        usage()
        outputs(folder)
    sys.exit(1 if failures else 0)


main()
