#!/usr/bin/env python3
"""`ringfence replay` and `check --save-witness`: a bad test driver reproduces, its good twin does not, bad input is named.

usage: replay_behaviour.py RINGFENCE DRIVERS      DRIVERS holds the test drivers by architecture
Over all pairs of a driver and its good twin (another build: other places) no witness may reproduce on the twin but where the
twin does the same for fewer callers, or where its own report says that the argument is confined there, to values that the canary is one of.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

RINGFENCE, DRIVERS = sys.argv[1], Path(sys.argv[2])
# The operation stays, and who reaches it changes: replay grants the access that a finding's reach speaks of. In
# kernel-typed-object the check itself reads through the address, which any build's replay takes for the operation.
SAME_OPERATION = {"kernel-typed-object", "reach-exclusive", "reach-no-secure-open", "reach-privilege-in-handler", "flt-terminate", "kmdf-descriptor", "wdf-control-device",
                  "wdf-create-privilege"}


def run(*arguments):
    return subprocess.run([RINGFENCE, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def expect(result, code, *texts):
    assert result.returncode == code, (result.args, result.returncode, result.stdout[-600:], result.stderr[-600:])
    for text in texts:
        assert text in result.stdout + result.stderr, (result.args, text, result.stdout[-600:], result.stderr[-600:])
    return result


def one_pair(folder, bad, good):
    report, witnesses = folder / "report.json", folder / "witnesses"
    expect(run("check", "-q", "--json", report, "--save-witness", witnesses, bad), 1)
    names = sorted(p.name for p in witnesses.iterdir())
    assert len(names) == 2 and all(n.startswith("demo-msr-any-") and n.endswith(".json") for n in names), names
    expect(run("check", "-q", "--save-witness", witnesses, bad), 1)
    assert sorted(p.name for p in witnesses.iterdir()) == names, "the names are stable"
    expect(run("replay", report), 1, "2 confirmed")
    for source in (report, witnesses):
        expect(run("replay", source, bad), 1, "2 confirmed, 0 not confirmed, 0 not judged")
        expect(run("replay", source, good), 0, "another build", "0 confirmed, 2 not confirmed, 0 not judged")
    expect(run("replay", witnesses / names[0], good), 0, "1 not confirmed")
    finding = next(f for s in json.loads(report.read_text())["subjects"] for f in s["findings"] if f["rule"] == "caller-chosen-msr" and f["verdict"] == "fail")
    for name in (finding["fingerprint"][:8], "msr-read", "0x9c402004"):
        result = json.loads(expect(run("replay", "--finding", name, "--format", "json", report), 1).stdout)
        assert len(result["results"]) == 1 and result["results"][0]["result"] == "confirmed", result
    expect(run("replay", "--finding", "deadbeef", report), 2, "has no witness 'deadbeef'", "0x9c40200")
    expect(run("replay", "--finding", "caller-chosen-msr", report), 1, "2 confirmed")
    bad_input(folder, report, witnesses, bad, good)


def bad_input(folder, report, witnesses, bad, good):
    words = folder / "words.sys"
    words.write_text("no driver")
    expect(run("replay", folder / "missing.json"), 3, "missing.json", "no such file")
    expect(run("replay", words), 3, "words.sys", "expected a JSON report or witness")
    expect(run("replay", report, words, bad), 1, "words.sys", "MZ", "2 confirmed")
    expect(run("replay", report, folder / "gone.sys", good), 3, "gone.sys", "no such file", "2 not confirmed")
    (witnesses / "other.json").write_text('{"schema": "something/1"}')
    expect(run("replay", witnesses, good), 3, "other.json", "expected a report", "2 not confirmed")
    (witnesses / "other.json").unlink()
    for change in ({"requests": []}, {"argument": {}}, {"argument": {"name": "ecx", "canary_a": 1, "canary_b": 2, "in_request": 1, "in_offset": 4096, "bytes": 4}},
                   {"requests": [{"major": "IRP_MJ_NONE"}]}, {"requests": [{"major": "IRP_MJ_DEVICE_CONTROL", "in_hex": "0g"}]}):
        document = json.loads(next(witnesses.iterdir()).read_text())
        document["witness"].update(change)
        broken = folder / "broken.json"
        broken.write_text(json.dumps(document))
        expect(run("replay", broken, good), 3, "expected", "1 not judged")
    empty = folder / "empty"
    empty.mkdir()
    expect(run("replay", empty), 3, "expected witness files")
    expect(run("replay"), 2)


def confined_places(driver):
    report = json.loads(run("check", "--format", "json", driver).stdout)
    return {p["sink_rva"] for s in report["subjects"] for i in s["surface"]["ioctls"] for p in i["primitives"] if p["constrained"]}


def all_twins(folder, arch):
    report, judged = folder / "twin.json", 0
    for good in sorted((DRIVERS / arch).glob("*-good.sys")):
        bad = good.with_name(good.name.replace("-good.sys", ".sys"))
        if not bad.exists() or bad.stem in SAME_OPERATION:
            continue
        run("check", "-q", "--json", report, bad)
        result = run("replay", "--format", "json", report, good)
        for one in json.loads(result.stdout)["results"]:
            assert one["result"] != "confirmed" or one["sink_rva"] in confined_places(good), (good.name, one)
            judged += one["result"] == "not confirmed"
    return judged


def main():
    for arch in ("x64", "x86"):
        bad, good = (DRIVERS / arch / f"demo-msr-any{twin}.sys" for twin in ("", "-good"))
        if not bad.exists() or not good.exists():
            print(f"skipped {arch}: the test drivers are not built")
            continue
        with tempfile.TemporaryDirectory() as folder:
            one_pair(Path(folder), bad, good)
            judged = all_twins(Path(folder), arch)
            print(f"{arch}: {judged} witnesses fail on the good twins")
            assert judged >= 60, judged


main()
