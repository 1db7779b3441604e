#!/usr/bin/env python3
"""Compare a `ringfence check --format json` report with what the index promises of the test drivers.

usage: score_drivers.py REPORT.json INDEX.json [--verbose] [--require NAME=RATIO...]

Subjects are matched by path (<arch>/<file>). Printed, one `name: hits/total = ratio` a line:
  code recall / precision      control codes listed, pseudo codes (IRP_MJ_WRITE, port:..., srb:...) in the recall only
  code status                  handled, forwarded, rejected as promised
  lengths                      minimum input and output lengths as promised
  device facts                 name, link, secure-open, exclusive and SDDL equal
  driver reach / code reach    the widest caller class equal
  bad found                    promised unconstrained primitives reported unconstrained (kinds in `accept`)
  good silent                  primitives promised constrained that are not reported unconstrained
  no false primitives          drivers without an unconstrained primitive that the index does not list (null-deref apart)
  sequences                    primitives found whose `needs_sequence` was given as promised
With --require the exit code is 1 when a ratio is lower.
"""
import json
import sys


def ratio(pair):
    return pair[0] / pair[1] if pair[1] else 1.0


class Score:
    def __init__(self, verbose):
        self.counts = {}
        self.verbose = verbose

    def add(self, name, ok, where, what=""):
        pair = self.counts.setdefault(name, [0, 0])
        pair[0] += bool(ok)
        pair[1] += 1
        if not ok and self.verbose:
            print(f"{where}: {name}: {what}")


def code_of(entry):
    code = entry.get("code")
    return f"0x{code:08x}" if isinstance(code, int) else str(code)


def live(primitive):
    return primitive.get("constrained") is not True and primitive.get("evidence", "L1") != "L0"


def sequence_of(primitive):
    """The requests that a reported primitive needs, as codes: its own list, or the requests of its witness."""
    if "needs_sequence" in primitive:
        return primitive["needs_sequence"]
    requests = (primitive.get("witness") or {}).get("requests", [])
    return [code_of(request) if request.get("code") is not None else request.get("major") for request in requests]


def same_sequence(given, wanted):
    """An open that the promise does not name may stand in front."""
    return given == wanted or (given[:1] == ["IRP_MJ_CREATE"] and given[1:] == wanted)


def score_devices(score, where, promised, got):
    by_name = {(device.get("name") or "").lower(): device for device in got}
    for device in promised:
        mine = by_name.get((device["name"] or "").lower())
        score.add("device facts", mine is not None, where, f"no device {device['name']}")
        if mine is None:
            continue
        for key in ("secure_open", "exclusive"):
            score.add("device facts", mine.get(key) is device[key], where, f"{key} is {mine.get(key)}")
        wanted, given = device["sddl"] or "", mine.get("sddl") or ""
        score.add("device facts", wanted == given, where, f"sddl is {given}, not {wanted}")
        for link in device["links"]:
            score.add("device facts", link in mine.get("links", []), where, f"no link {link}")


def score_primitives(score, where, promised, got):
    reported = [p for p in got.get("primitives", []) if live(p)]
    for primitive in promised["primitives"]:
        hits = [p for p in reported if p.get("kind") in primitive["accept"]]
        if primitive["constrained"]:
            score.add("good silent", not hits, where, f"{promised['code']} {primitive['kind']} is constrained to {primitive['admitted']}")
            continue
        score.add("bad found", hits, where, f"{promised['code']} {primitive['kind']}")
        if any("msr-" in p["kind"] or "port-" in p["kind"] or "memory-" in p["kind"] or "process-" in p["kind"] for p in hits):
            score.add("replayed", any(p.get("evidence") == "L3" for p in hits), where, f"{promised['code']} {primitive['kind']}: {hits[0].get('evidence_why')}")
        if hits and "needs_sequence" in primitive:
            score.add("sequences", any(same_sequence(sequence_of(p), primitive["needs_sequence"]) for p in hits), where, promised["code"])
    accepted = {kind for primitive in promised["primitives"] for kind in primitive["accept"]} | {"null-deref"}
    if any(not p["constrained"] and p["kind"].startswith(("kernel-memory", "process-memory", "arbitrary-call")) for p in promised["primitives"]):
        accepted.add("user-pointer-unprobed")  # the same pointer, as a defect of its own
    return [f"{promised['code']} {p.get('kind')}" for p in reported if p.get("kind") not in accepted]


def score_driver(score, where, driver, arch, subject):
    surface, promised = subject.get("surface") or {}, driver["surface"]
    score.add("driver reach", surface.get("reach") == promised["reach"], where, f"{surface.get('reach')}, not {promised['reach']}")
    score_devices(score, where, promised["devices"], surface.get("devices") or [])
    got = {}
    for entry in surface.get("ioctls") or []:
        known = got.setdefault(code_of(entry), entry)
        if known is not entry:  # another device gives the code another meaning
            known["primitives"] = (known.get("primitives") or []) + (entry.get("primitives") or [])
    wanted = {entry["code"]: entry for entry in promised["ioctls"] if arch in entry.get("arches", [arch])}
    false = []
    for code, entry in wanted.items():
        score.add("code recall", code in got, where, f"missed {code}")
        mine = got.get(code)
        if mine is None:
            for primitive in entry["primitives"]:
                if not primitive["constrained"]:
                    score.add("bad found", False, where, f"{code} {primitive['kind']}")
            continue
        score.add("code status", mine.get("status") == entry["status"], where, f"{code} is {mine.get('status')}, not {entry['status']}")
        score.add("code reach", mine.get("reach") == entry["reach"], where, f"{code} {mine.get('reach')}, not {entry['reach']}")
        for key, value in entry.get("lengths", {}).items():
            given = (mine.get("lengths") or {}).get(key)
            score.add("lengths", given == value, where, f"{code} {key} {given}, not {value}")
        false += score_primitives(score, where, entry, mine)
    for code, entry in got.items():
        if code.startswith("0x"):
            score.add("code precision", code in wanted, where, f"extra {code}")
        if code not in wanted:
            false += [f"{code} {p.get('kind')}" for p in entry.get("primitives", []) if live(p) and p.get("kind") != "null-deref"]
    score.add("no false primitives", not false, where, ", ".join(false))


def main():
    words = sys.argv[1:]
    required = dict(word.split("=") for word in words[words.index("--require") + 1:]) if "--require" in words else {}
    paths = [word for word in words if not word.startswith("--") and "=" not in word]
    report, index = json.load(open(paths[0])), json.load(open(paths[1]))
    subjects = {"/".join(s.get("path", "").replace("\\", "/").split("/")[-2:]): s for s in report.get("subjects", [])}
    score = Score("--verbose" in words)
    missing = 0
    for driver in index["drivers"]:
        if "surface" not in driver:
            continue
        for arch, name in driver["files"].items():
            if name in subjects:
                score_driver(score, name, driver, arch, subjects[name])
            else:
                missing += 1
    for name, pair in sorted(score.counts.items()):
        print(f"{name}: {pair[0]}/{pair[1]} = {ratio(pair):.3f}")
    print(f"files not in the report: {missing}")
    low = [name for name, wanted in required.items() if ratio(score.counts.get(name, [0, 1])) < float(wanted)]
    for name in low:
        print(f"below what is required: {name}")
    sys.exit(1 if low else 0)


main()
