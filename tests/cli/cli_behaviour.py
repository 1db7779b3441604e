#!/usr/bin/env python3
"""What a user meets at the command line: bad input, exit codes, help, the schema of the report.

usage: cli_behaviour.py RINGFENCE DRIVER SCHEMA      DRIVER is any readable driver
Every case runs the real program. Prints one line per failed expectation; exits 1 when there is one.
"""
import json
import os
import shutil
import stat
import struct
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
    # A link that leads nowhere is found by the walk and gone when it is read.
    haunted = folder / "haunted"
    haunted.mkdir()
    (haunted / "ghost.sys").symlink_to(folder / "nowhere.sys")
    expect_run(3, "no such file", "check", haunted)
    unreadable(folder, good)


def unreadable(folder, good):
    """A file without read permission. Root reads everything, so that root steps down for this case."""
    program, command = RINGFENCE, []
    if os.geteuid() == 0:
        program = folder / "ringfence"
        shutil.copy(RINGFENCE, program)
        folder.chmod(0o755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    locked = folder / "locked.sys"
    shutil.copy(good, locked)
    locked.chmod(0)
    result = subprocess.run([*command, program, "check", locked], capture_output=True, text=True, timeout=120)
    expect(result.returncode == 3, "an unreadable file: expected exit code 3", result)
    expect("could not be opened: Permission denied" in result.stdout, "an unreadable file says why", result)
    locked.chmod(stat.S_IRUSR)


def sections_of(image):
    """Offsets of the section headers."""
    header = struct.unpack_from("<I", image, 60)[0]
    count, optional = struct.unpack_from("<H", image, header + 6)[0], struct.unpack_from("<H", image, header + 20)[0]
    return [header + 24 + optional + 40 * i for i in range(count)]


def patched(folder, name, change):
    """A copy of the good driver after `change(bytes, offset of the header of .text)`."""
    image = bytearray(Path(DRIVER).read_bytes())
    text = next(at for at in sections_of(image) if image[at:at + 8].rstrip(b"\0") == b".text")
    change(image, text)
    path = folder / name
    path.write_bytes(image)
    return path


def make_writable(image, text):
    struct.pack_into("<I", image, text + 36, struct.unpack_from("<I", image, text + 36)[0] | 0x80000000)


def name_as_packed(image, text):
    image[text:text + 8] = b"UPX0\0\0\0\0"


def packed(folder):
    """Code that a packer has touched is never clean, whatever the rules say of the headers."""
    driver = patched(folder, "packed.sys", name_as_packed)
    result = expect_run(3, "code not analysable", "check", "--rule", "wx-section", driver)
    expect("pass;" not in result.stdout, "a packed driver has not passed", result)
    subject = json.loads(run("check", "--format", "json", driver).stdout)["subjects"][0]
    expect(subject["coverage"]["verdict"] == "not-analysable", "the report calls a packed driver not analysable")
    expect("UPX0" in subject["coverage"]["reasons"][-1]["why"], "and says why")
    # The test driver of that name has code of noise behind an unpacking stub.
    expect_run(3, "code not analysable", "check", "--rule", "wx-init", Path(DRIVER).with_name("packed.sys"))


def kinds():
    subject = json.loads(run("check", "--format", "json", DRIVER).stdout)["subjects"][0]
    expect(subject["image"]["framework"] == "WDM" and subject["image"]["kinds"] == ["WDM"], "the good driver is WDM")
    expect("x64, WDM" in run("check", DRIVER).stdout, "the terminal names machine and kind")


def precedence(folder):
    """Usage before internal before findings before not assessed; outputs are written before failing."""
    bad = patched(folder, "writable.sys", make_writable)
    missing, nowhere = folder / "missing.sys", folder / "none" / "report.json"
    only = ("check", "--rule", "wx-section")
    expect_run(0, "pass", *only, DRIVER)
    expect_run(1, "wx-section", *only, bad)
    expect_run(0, "wx-section", *only, "--fail-on", "critical", bad)
    expect_run(3, "not read", *only, DRIVER, missing)
    expect_run(1, "not read", *only, bad, missing)
    expect_run(4, "could not be created", *only, "--json", nowhere, bad, missing)
    expect_run(4, "could not be created", *only, "--json", nowhere, missing)
    expect_run(2, "no-such-rule", "check", "--rule", "no-such-rule", "--json", nowhere, bad, missing)
    for subjects in ((bad,), (missing,), (bad, missing)):
        report = folder / "written.json"
        report.unlink(missing_ok=True)
        result = run(*only, "--json", report, *subjects)
        expect(result.returncode != 0 and len(json.loads(report.read_text())["subjects"]) == len(subjects),
               "the report is complete although the run fails", result)


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


def sarif(folder):
    report, words = folder / "report.sarif", folder / "words.sys"
    words.write_text("this is not a driver\n")
    run("check", "--sarif", report, "--sarif-profile", "full", DRIVER, words)
    document = json.loads(report.read_text())
    (one,) = document["runs"]
    rules = one["tool"]["driver"]["rules"]
    for result in one["results"]:
        expect(rules[result["ruleIndex"]]["id"] == result["ruleId"], "a result's index leads to its rule")
        expect(result["message"]["text"] and "region" in result["locations"][0]["physicalLocation"], "a result has a text and a region")
    expect({"fail", "pass"} <= {result.get("kind", "fail") for result in one["results"]}, "the full profile has passes")
    expect(not one["invocations"][0]["executionSuccessful"], "a file that could not be read is no success")
    expect(any("words.sys" in n["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
               for n in one["invocations"][0]["toolExecutionNotifications"]), "and it is named")
    github = json.loads(run("check", "--format", "sarif", DRIVER).stdout)["runs"][0]["results"]
    expect(all("kind" not in result for result in github), "the github profile has failures only")


def surface(folder):
    schema = json.loads(Path(SCHEMA).read_text())
    words = folder / "no-driver.sys"
    words.write_text("this is not a driver\n")
    expect_run(0, "Examples", "surface", "--help")
    expect_run(0, "Exit codes", "diff", "--help")
    expect_run(3, "not read", "surface", words)
    expect_run(3, "no-driver.sys", "diff", DRIVER, words)
    expect_run(2, "", "diff", DRIVER)
    expect_run(2, "", "surface", "--format", "yaml", DRIVER)
    page = expect_run(0, "Entry points", "surface", DRIVER)
    expect("\x1b" not in page.stdout, "no colour into a pipe", page)
    report = json.loads(run("surface", "--format", "json", DRIVER).stdout)
    jsonschema.validate(report, schema)
    expect(report["subjects"][0]["findings"] == [] and report["tool"]["models"] > 100, "a surface without findings, and models")
    graph = expect_run(0, "digraph", "surface", "--dot", DRIVER)
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=graph.stdout, capture_output=True, text=True)
        expect(drawn.returncode == 0, "Graphviz draws the graph", drawn)
    expect_run(0, "no change", "diff", DRIVER, DRIVER)
    difference = json.loads(run("diff", "--format", "json", DRIVER, DRIVER).stdout)
    expect(difference["schema"] == "ringfence.diff/1" and difference["changes"] == [] and difference["worse"] is False, "an empty diff")
    fast = json.loads(run("check", "--image-only", "--format", "json", DRIVER).stdout)
    jsonschema.validate(fast, schema)
    expect("surface" not in fast["subjects"][0], "--image-only follows no code")
    # Two builds that differ in one thing.
    drivers = Path(DRIVER).parent
    secure, default = drivers / "wdm-admin-descriptor.sys", drivers / "wdm-default-descriptor.sys"
    if secure.exists() and default.exists():
        expect_run(1, "worse", "diff", secure, default)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bad_input(folder)
        disappearing(folder)
        usage()
        outputs(folder)
        sarif(folder)
        surface(folder)
        packed(folder)
        kinds()
        precedence(folder)
    sys.exit(1 if failures else 0)


main()
