#!/usr/bin/env python3
"""Check that every driver of index.json was built for each architecture it lists, and that it is what the index says.

usage: check_drivers.py INDEX.json [--objdump LLVM-OBJDUMP]

Pairs of a driver and its good twin, for x64 and x86, are counted and must not become fewer than PAIRS. Per file: machine, subsystem, checksum, an import module of its framework, no decorated import name, and (`shape`) machine code that the
deviation promises: each shape is a regular expression that some line of the disassembly matches, `!` before it forbids the line.
"""
import json
import pathlib
import re
import struct
import subprocess
import sys

MACHINES = {"x64": 0x8664, "x86": 0x14C, "arm64": 0xAA64}
PAIRS = {"all": 60, "kmdf": 15, "minifilter": 5}  # of dispatch and values: the sets below
PAIR_SETS = ("traps", "state", "wdf", "sinks", "real")
MODULES = {"wdm": "ntoskrnl.exe", "kmdf": "wdfldr.sys", "minifilter": "fltmgr.sys", "ndis": "ndis.sys", "storport": "storport.sys", "ks": "ks.sys"}


def read_imports(data, optional, wide, offset):
    rva = struct.unpack_from("<I", data, optional + (112 if wide else 96) + 8)[0]
    modules = {}
    while rva:
        lookup, _, _, name, first = struct.unpack_from("<IIIII", data, offset(rva))
        if name == 0:
            break
        at = offset(name)
        module = data[at:data.index(b"\0", at)].decode().lower()
        names, thunk = [], offset(lookup or first)
        while True:
            value = struct.unpack_from("<Q" if wide else "<I", data, thunk)[0]
            if value == 0:
                break
            at = offset(value & 0x7FFFFFFF) + 2
            names.append(data[at:data.index(b"\0", at)].decode())
            thunk += 8 if wide else 4
        modules[module] = names
        rva += 20
    return modules


def problems_of(path, driver, arch, objdump):
    data = path.read_bytes()
    pe = struct.unpack_from("<I", data, 0x3C)[0]
    if data[:2] != b"MZ" or data[pe:pe + 4] != b"PE\0\0":
        return ["not a PE file"]
    machine, count = struct.unpack_from("<HH", data, pe + 4)
    optional = pe + 24
    wide = struct.unpack_from("<H", data, optional)[0] == 0x20B
    table = optional + struct.unpack_from("<H", data, pe + 20)[0]

    def offset(rva):
        for i in range(count):
            size, address, raw_size, raw = struct.unpack_from("<IIII", data, table + 40 * i + 8)
            if address <= rva < address + max(size, raw_size):
                return raw + rva - address
        raise ValueError(f"RVA {rva:#x} outside every section")

    problems = []
    if machine != MACHINES[arch]:
        problems.append(f"machine {machine:#x}")
    subsystem = struct.unpack_from("<H", data, optional + 68)[0]
    if subsystem != (2 if driver["framework"] == "umdf" else 1):
        problems.append(f"subsystem {subsystem}")
    imports = read_imports(data, optional, wide, offset)
    module = MODULES.get(driver["framework"])
    if module and module not in imports and driver.get("note") != "no imports":
        problems.append(f"imports {sorted(imports)}, not {module}")
    problems += [f"decorated import {name}" for names in imports.values() for name in names if "@" in name]
    shapes = driver.get("shape", {}).get(arch, [])
    if shapes and objdump:
        text = subprocess.run([objdump, "-d", "--no-show-raw-insn", "--x86-asm-syntax=intel", str(path)], capture_output=True, text=True).stdout
        text = text.replace("\t", " ")
        for shape in shapes:
            wanted = not shape.startswith("!")
            if bool(re.search(shape.lstrip("!"), text, re.MULTILINE)) is not wanted:
                problems.append(f"machine code lacks the shape {shape!r}" if wanted else f"machine code has the forbidden shape {shape!r}")
    return problems


def count_pairs(drivers):
    """Pairs that are built for both x64 and x86, in all and by framework."""
    twins = {d["name"]: d for d in drivers}
    counts = dict.fromkeys(PAIRS, 0)
    for driver in drivers:
        twin = twins.get(driver.get("twin"))
        if driver["good"] or driver["set"] not in PAIR_SETS or not twin or not {"x64", "x86"} <= set(driver["files"]) & set(twin["files"]):
            continue
        counts["all"] += 1
        if driver["framework"] in counts:
            counts[driver["framework"]] += 1
    return counts


def main():
    index = pathlib.Path(sys.argv[1])
    objdump = sys.argv[sys.argv.index("--objdump") + 1] if "--objdump" in sys.argv else None
    files = 0
    seen = {}
    drivers = json.loads(index.read_text())["drivers"]
    pairs = count_pairs(drivers)
    print("pairs for x64 and x86: " + ", ".join(f"{count} {name}" for name, count in pairs.items()))
    failed = sum(pairs[name] < least for name, least in PAIRS.items())
    for driver in drivers:
        for arch, name in driver["files"].items():
            files += 1
            path = index.parent / name
            problems = problems_of(path, driver, arch, objdump) if path.is_file() else ["not built"]
            if path.is_file():
                content = path.read_bytes()
                if content in seen:
                    problems.append(f"same bytes as {seen[content]}")
                seen[content] = name
            for problem in problems:
                print(f"{name}: {problem}")
            failed += bool(problems)
    print(f"{files} files of test drivers, {failed} with problems")
    sys.exit(1 if failed or files == 0 else 0)


main()
