#!/usr/bin/env python3
"""What a driver's code does and its report does not say: privileged operations in code that leads from a way in, with no primitive.

usage: unreported_operations.py RINGFENCE [--report REPORT.json] [--not-in TRUTH.json] [--codes] [--summary] DRIVER|FOLDER...

An instrument for reading, no judge: an operation whose operand is a constant or comes from the hardware has rightly no primitive.
Code is read from `ringfence ir` alone (calls, tail calls, addresses of functions that code takes); the ways in are the report's
dispatch routines and callbacks. For each operation that no primitive names: its address, the function it stands in, and whether the
coverage has a gap in a function on the way to it. --codes lists constants in the shape of a control code that reachable code
compares with, and the report does not have.
"""
import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SYSTEM = {"rdmsr": "msr-read", "wrmsr": "msr-write", "in": "port-read", "out": "port-write", "read_control": None, "write_control": "control-register"}
ROUTINES = {
    "MmMapIoSpace": "physical-memory", "MmMapIoSpaceEx": "physical-memory", "MmMapVideoDisplay": "physical-memory", "MmCopyMemory": "physical-memory", "ZwMapViewOfSection": "physical-memory",
    "ZwOpenSection": "handle-misuse", "MmMapLockedPages": "physical-memory-map", "MmMapLockedPagesSpecifyCache": "physical-memory-map", "MmGetPhysicalAddress": "physical-memory",
    "ZwTerminateProcess": "process-terminate", "ZwOpenProcess": "process-open", "NtOpenProcess": "process-open", "ObOpenObjectByPointer": "process-open", "PsLookupProcessByProcessId": "process",
    "KeStackAttachProcess": "process-memory-rw", "KeAttachProcess": "process-memory-rw", "MmCopyVirtualMemory": "process-memory-rw",
    "HalGetBusData": "pci", "HalGetBusDataByOffset": "pci", "HalSetBusData": "pci", "HalSetBusDataByOffset": "pci", "HalTranslateBusAddress": "other",
    "READ_PORT_UCHAR": "port-read", "READ_PORT_USHORT": "port-read", "READ_PORT_ULONG": "port-read", "WRITE_PORT_UCHAR": "port-write", "WRITE_PORT_USHORT": "port-write", "WRITE_PORT_ULONG": "port-write",
    "READ_PORT_BUFFER_UCHAR": "port-read", "READ_PORT_BUFFER_USHORT": "port-read", "READ_PORT_BUFFER_ULONG": "port-read",
    "WRITE_PORT_BUFFER_UCHAR": "port-write", "WRITE_PORT_BUFFER_USHORT": "port-write", "WRITE_PORT_BUFFER_ULONG": "port-write",
    "MmAllocateContiguousMemory": "physical-contiguous-alloc-map", "MmAllocateContiguousMemorySpecifyCache": "physical-contiguous-alloc-map",
    "ZwDeleteFile": "file", "ZwCreateFile": "file", "ZwOpenFile": "file", "ZwOpenKey": "registry", "ZwCreateKey": "registry", "ZwSetValueKey": "registry", "ZwDeleteKey": "registry",
    "ZwLoadDriver": "registry", "ZwDuplicateObject": "process-open", "ZwClose": "handle-misuse", "ObReferenceObjectByHandle": "handle-misuse",
    "memcpy": "copy", "memmove": "copy", "RtlCopyMemory": "copy", "RtlMoveMemory": "copy",
}
NOT_A_REQUEST = {"DriverUnload", "AddDevice", "IRP_MJ_PNP", "IRP_MJ_POWER", "IRP_MJ_SYSTEM_CONTROL"}
QUIET = {"ZwClose", "ObReferenceObjectByHandle", "memcpy", "memmove", "RtlCopyMemory", "RtlMoveMemory", "HalTranslateBusAddress"}


class Code:
    """The functions of one driver: what they call, take the address of, compare with and do."""

    def __init__(self, text):
        self.edges = collections.defaultdict(set)
        self.operations = collections.defaultdict(list)
        self.constants = collections.defaultdict(set)
        starts, function, base, address = set(), None, None, None
        lines = text.splitlines()
        for line in lines:
            if line.startswith("# 0x"):
                starts.add(int(line.split()[1], 16))
        self.reach_of_image = max(starts, default=0) + 0x40000  # what lies there is an address, not a code
        for line in lines:
            if line.startswith("# 0x"):
                function = int(line.split()[1], 16)
                self.edges[function]  # an entry also for a routine that calls nothing
            elif line.startswith("block ") and base is None and function is not None:
                base = int(line.split()[2], 16) - function
                if base & 0xFFF:
                    base = None
            elif re.match(r"  0x[0-9a-f]+ \d+$", line):
                address = int(line.split()[0], 16)
            elif function is not None and base is not None:
                self.read_line(function, address - base if address else 0, line, base, starts)
        self.starts = starts

    def read_line(self, function, address, line, base, starts):
        found = re.search(r"# (?:tail )?call, (?:direct (0x[0-9a-f]+)|import \S+!(\w+))", line)
        if found:
            if found.group(1):
                target = int(found.group(1), 16)
                self.edges[function].add(target if target in starts else target - base)
            else:
                self.operations[function].append((address, found.group(2)))
            return
        system = re.search(r"sys\.(\w+)", line)
        if system and system.group(1) in SYSTEM or "bulk.in" in line or "bulk.out" in line:
            name = system.group(1) if system else ("ins" if "bulk.in" in line else "outs")
            self.operations[function].append((address, name))
        compare = "flags.sub" in line or "sub.32" in line or " add.32" in line
        for text in re.findall(r"0x[0-9a-f]+", line):
            value = int(text, 16)
            if value - base in starts:
                self.edges[function].add(value - base)
            elif compare and 0x10000 <= value <= 0xFFFFFFFF and not base <= value < base + self.reach_of_image:
                self.constants[function].add(value)

    def reach(self, roots):
        """function -> the function that leads there, from the roots."""
        parent = {r: None for r in roots if r in self.edges}
        work = list(parent)
        while work:
            function = work.pop()
            for target in sorted(self.edges[function]):
                if target in self.edges and target not in parent:
                    parent[target] = function
                    work.append(target)
        return parent


def named_kind(name):
    return {"ins": "port-read", "outs": "port-write"}.get(name) or SYSTEM.get(name) or ROUTINES.get(name)


def looks_like_code(value):
    device, function = value >> 16, value >> 2 & 0xFFF
    return (1 <= device <= 0x60 or 0x8000 <= device < 0xFFF0) and (function >= 0x100 or device >= 0x8000) and not 0xC0000000 <= value <= 0xC0000FFF and value & 0xFFFF not in (0, 0xFFFF)


def audit(ringfence, subject, options):
    surface = subject.get("surface") or {}
    text = subprocess.run([ringfence, "ir", subject["path"]], capture_output=True, text=True, timeout=300).stdout
    code = Code(text)
    roots = {int(d["rva"], 16) for d in surface.get("dispatch", []) if d.get("rva") and d["major"] not in NOT_A_REQUEST}
    roots |= {int(c["rva"], 16) for c in surface.get("callbacks", []) if isinstance(c, dict) and c.get("rva")}
    parent = code.reach(roots)
    primitives = [p for i in surface.get("ioctls", []) for p in i.get("primitives", [])]
    sinks = {int(p["sink_rva"], 16) for p in primitives if p.get("sink_rva")}
    gaps = {int(r["rva"], 16): r["why"] for r in subject["coverage"]["reasons"] if r.get("rva") and r["what"] == "code"}
    starts = sorted(code.starts)
    holder = lambda rva: max((s for s in starts if s <= rva), default=0)
    gapped = {holder(g) for g in gaps}
    rows = []
    for function in sorted(parent):
        for address, name in code.operations[function]:
            kind = named_kind(name)
            if kind is None or address in sinks or name in QUIET:
                continue
            way, step = [], function
            while step is not None:
                way.append(step)
                step = parent[step]
            rows.append((name, kind, address, function, [hex(w) for w in reversed(way)], any(w in gapped for w in way), any(kind.split("-")[0] == p["kind"].split("-")[0] for p in primitives)))
    known = {int(i["code"], 16) for i in surface.get("ioctls", []) if i["code"].startswith("0x")}
    missing = sorted({v for f in parent for v in code.constants[f] if looks_like_code(v)} - known) if options.codes else []
    return rows, missing, known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ringfence")
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--report")
    parser.add_argument("--not-in")
    parser.add_argument("--codes", action="store_true")
    parser.add_argument("--summary", action="store_true", help="only drivers that have a kind of operation and no primitive of it at all")
    options = parser.parse_args()
    if options.report:
        report = json.loads(Path(options.report).read_text())
    else:
        with tempfile.TemporaryFile() as out:
            subprocess.run([options.ringfence, "check", "--format", "json", "-j1", "-q", *options.paths], stdout=out, timeout=3600)
            out.seek(0)
            report = json.load(out)
    apart = {d["sha256"] for d in json.loads(Path(options.not_in).read_text())["drivers"]} if options.not_in else set()
    wanted = [str(Path(p)) for p in options.paths]
    for subject in report["subjects"]:
        if subject["sha256"] in apart or options.report and wanted and not any(subject["path"].startswith(w) for w in wanted):
            continue
        rows, missing, known = audit(options.ringfence, subject, options)
        if options.summary:
            rows = [r for r in rows if not r[6]]
        if not rows and not missing:
            continue
        print(f"{Path(subject['path']).name}: {len(known)} codes, coverage {subject['coverage']['verdict']}")
        for name, kind, address, function, way, gap, other in rows:
            print(f"  {address:#x} {name} ({kind}) by {' > '.join(way)}{'; a gap on the way' if gap else ''}{'' if other else '; no primitive of this kind'}")
        if missing:
            print("  compared with, not listed:", " ".join(f"{v:#010x}" for v in missing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
