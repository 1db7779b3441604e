#!/usr/bin/env python3
"""Read the indexes of the test drivers; write the merged index.json for test runners and drivers.cmake for the build.

usage: driver_index.py INDEX.toml OUTPUT_DIRECTORY

INDEX.toml names the sets; each set is a directory with its own index.toml. docs/test-drivers.md explains the keys. Unknown keys, double
names, missing twins and missing sources are errors, so that an index cannot promise what is not there.
"""
import json
import pathlib
import re
import sys
import tomllib

FLAGS = ["no_gs", "no_cfg", "no_cet", "no_integrity", "no_pdb", "no_nx", "no_relocs", "no_load_config", "no_safeseh", "no_checksum",
         "no_version", "no_source_link", "direct_entry"]
FRAMEWORKS = ["wdm", "kmdf", "umdf", "minifilter", "ndis", "storport", "ks"]
ARCHES = ["x64", "x86", "arm64"]
REACHES = ["appcontainer", "any-user", "service", "admin", "system", "none", "unknown"]
KINDS = ["physical-memory-map", "physical-memory-read", "physical-memory-write", "kernel-memory-read", "kernel-memory-write", "msr-read",
         "msr-write", "port-read", "port-write", "pci-config-read", "pci-config-write", "control-register", "process-terminate",
         "process-open", "process-memory-rw", "arbitrary-call", "arbitrary-file-or-registry", "physical-contiguous-alloc-map",
         "stack-overflow", "pool-overflow", "info-leak", "null-deref", "user-pointer-unprobed", "integer-overflow", "double-fetch",
         "handle-misuse", "other"]
DRIVER_KEYS = {"name", "deviation", "twin", "good", "framework", "wdf", "arches", "source", "sources", "defines", "compile", "link", "patch",
               "cookie", "flags", "devices", "ioctls", "reach", "low_integrity", "gate", "shape", "hardening", "callbacks", "ports", "wmi",
               "state", "kmdf_queues", "device", "trap", "note", "rules"}
DEVICE_TYPE = 0x9C40
# What include/scaffold_kmdf.h assigns unless a source says otherwise.
KMDF_SDDL = "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;WD)"
METHODS = ["METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT", "METHOD_NEITHER"]
ACCESSES = ["FILE_ANY_ACCESS", "FILE_READ_ACCESS", "FILE_WRITE_ACCESS", "FILE_READ_WRITE_ACCESS"]


def code_value(function, method, access=0):
    return (DEVICE_TYPE << 16) | (access << 14) | ((0x800 + function) << 2) | method


# The names that include/scaffold.h gives its codes.
CODES = {"A": code_value(1, 0), "B": code_value(2, 0), "C": code_value(3, 0), "D": code_value(4, 0), "NEITHER": code_value(9, 3),
         "IN_DIRECT": code_value(10, 1), "OUT_DIRECT": code_value(11, 2)}


def fail(text):
    sys.exit(f"driver_index.py: {text}")


def read_code(code):
    """A name of CODES, a number, or a pseudo code such as IRP_MJ_WRITE; returns the contract's text and the number or None."""
    if isinstance(code, str) and code in CODES:
        code = CODES[code]
    if isinstance(code, int):
        return f"0x{code:08x}", code
    if re.fullmatch(r"IRP_MJ_\w+|default|port:\S+|ndis:\S+|wmi:\S+|srb:\S+|OID:\S+|ks:\S+|internal:\S+|Hw\w+", code):
        return code, None
    fail(f"not a control code: {code}")


def read_primitive(primitive, good, where):
    unknown = set(primitive) - {"kind", "accept", "admitted", "constrained", "argument", "needs_sequence", "good", "note", "bad"}
    if unknown:
        fail(f"{where}: unknown keys of a primitive: {sorted(unknown)}")
    kinds = [primitive["kind"], *primitive.get("accept", [])]
    for kind in kinds:
        if kind not in KINDS:
            fail(f"{where}: unknown kind {kind}")
    if good:
        if primitive.get("good", "absent") == "absent":
            return None
        constrained, admitted = True, primitive["good"]
        if admitted == "same":
            admitted = primitive.get("admitted", "any")
            constrained = primitive.get("constrained", False)
    else:
        if primitive.get("bad") == "absent":
            return None
        admitted = primitive.get("admitted", "any")
        constrained = primitive.get("constrained", False)
    result = {"kind": primitive["kind"], "accept": kinds, "constrained": constrained, "admitted": admitted}
    if "argument" in primitive:
        result["argument"] = primitive["argument"]
    if "needs_sequence" in primitive:
        result["needs_sequence"] = [read_code(code)[0] for code in primitive["needs_sequence"]]
    return result


def read_ioctl(entry, good, reach, where):
    unknown = set(entry) - {"code", "status", "in", "out", "reach", "gates", "primitives", "good_status", "command", "good_in", "good_out",
                            "good_reach", "only", "arches"}
    if unknown:
        fail(f"{where}: unknown keys of a control code: {sorted(unknown)}")
    if entry.get("only") == ("bad" if good else "good"):
        return None
    text, number = read_code(entry["code"])
    result = {"code": text, "status": entry.get("good_status" if good and "good_status" in entry else "status", "handled")}
    if number is not None:
        result["method"] = METHODS[number & 3]
        result["access"] = ACCESSES[(number >> 14) & 3]
    if "command" in entry:
        result["command"] = entry["command"]
    if "arches" in entry:
        result["arches"] = entry["arches"]
    lengths = {}
    for key, name in (("in", "input_min"), ("out", "output_min")):
        value = entry.get("good_" + key, entry.get(key)) if good else entry.get(key)
        if value is not None:
            lengths[name] = value
    if lengths and result["status"] != "rejected":
        result["lengths"] = lengths
    result["reach"] = entry.get("good_reach") if good and "good_reach" in entry else entry.get("reach", reach)
    if "gates" in entry:
        result["gates"] = entry["gates"]
    primitives = [read_primitive(p, good, f"{where} {text}") for p in entry.get("primitives", [])]
    result["primitives"] = [p for p in primitives if p]
    return result


def default_device(name):
    return {"name": f"\\Device\\Rf_{name}", "links": [f"\\DosDevices\\Rf_{name}"], "interfaces": [], "device_type": DEVICE_TYPE,
            "secure_open": True, "exclusive": False, "sddl": None, "sddl_source": "default"}


def read_devices(entry, name):
    if entry.get("devices") == []:
        return []
    devices = []
    for given in entry.get("devices", [entry.get("device", {})]):
        device = default_device(name)
        if entry.get("framework") == "kmdf" and "sddl" not in given:
            device["sddl"], device["sddl_source"] = KMDF_SDDL, "WdfDeviceInitAssignSDDLString"
        for key, value in given.items():
            if key not in device:
                fail(f"{name}: unknown key of a device: {key}")
            device[key] = value.replace("%NAME%", name) if isinstance(value, str) else value
        device["links"] = [link.replace("%NAME%", name) for link in device["links"]]
        for key in ("name", "sddl"):
            device[key] = device[key] or None
        devices.append(device)
    return devices


def one(entry, good, set_name):
    """The merged form of a driver, or of its good twin."""
    base = entry["name"]
    name = base + "-good" if good else base
    overrides = entry.get("good", {}) if good and isinstance(entry.get("good"), dict) else {}
    for key in overrides:
        if key not in DRIVER_KEYS:
            fail(f"{name}: unknown key {key}")
    merged = {**entry, **overrides}
    framework = merged.get("framework", "wdm")
    arches = merged.get("arches", ["x64", "x86"])
    if framework not in FRAMEWORKS or not set(arches) <= set(ARCHES):
        fail(f"{name}: framework or architecture unknown")
    reach = merged.get("reach", "any-user")
    if reach not in REACHES:
        fail(f"{name}: unknown reach {reach}")
    extension = "dll" if framework == "umdf" else "sys"
    result = {"name": name, "set": set_name, "framework": framework, "good": good or bool(entry.get("good") is True),
              "deviation": entry["deviation"] if not good else "none: the good twin of " + base,
              "twin": base if good else entry.get("twin") or (base + "-good" if isinstance(entry.get("good"), dict) else None),
              "files": {arch: f"{arch}/{name}.{extension}" for arch in arches}, "sources": merged.get("sources") or [merged["source"]]}
    if framework in ("kmdf", "umdf"):
        result["wdf"] = merged.get("wdf", "1.15" if framework == "kmdf" else "2.31")
    for key in ("gate", "hardening", "callbacks", "ports", "wmi", "state", "kmdf_queues", "trap", "note", "rules"):
        if key in merged:
            result[key] = json.loads(json.dumps(merged[key]).replace("%NAME%", name))
    if set_name not in ("image", "pdb"):
        result["surface"] = {"reach": reach, "devices": read_devices(merged, name),
                             "ioctls": [i for i in (read_ioctl(e, good, reach, name) for e in merged.get("ioctls", [])) if i]}
        if "low_integrity" in merged:
            result["surface"]["low_integrity"] = merged["low_integrity"]
    if "shape" in merged:
        result["shape"] = merged["shape"]
    result["build"] = {"defines": list(merged.get("defines", [])) + (["RF_GOOD"] if good else []), "compile": merged.get("compile", []),
                       "link": merged.get("link", []), "patch": merged.get("patch", []), "cookie": merged.get("cookie"),
                       "flags": merged.get("flags", [])}
    return result


def cmake_call(driver):
    build = driver["build"]
    words = [f"NAME {driver['name']}", f"FRAMEWORK {driver['framework']}", "ARCH " + " ".join(driver["files"])]
    if "wdf" in driver:
        words.append(f"WDF {driver['wdf']}")
    if build["cookie"]:
        words.append(f"COOKIE {build['cookie']}")
    for key, values in (("SOURCES", driver["sources"]), ("DEFINES", build["defines"]), ("COMPILE", build["compile"]), ("LINK", build["link"]),
                        ("PATCH", build["patch"])):
        if values:
            words.append(key + " " + " ".join("[=[" + value + "]=]" for value in values))
    words += [flag.upper() for flag in build["flags"]]
    return "ringfence_test_driver(" + "\n  ".join(words) + ")\n"


def main():
    index, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    root = tomllib.loads(index.read_text())
    drivers = []
    for set_name in root["sets"]:
        table = tomllib.loads((index.parent / set_name / "index.toml").read_text())
        for entry in table.get("driver", []):
            unknown = set(entry) - DRIVER_KEYS
            if unknown or "name" not in entry or "deviation" not in entry:
                fail(f"{set_name}: {entry.get('name', '?')}: unknown or missing keys {sorted(unknown)}")
            if set(entry.get("flags", [])) - set(FLAGS):
                fail(f"{entry['name']}: unknown flag in {entry['flags']}")
            drivers.append(one(entry, False, set_name))
            if isinstance(entry.get("good"), dict):
                drivers.append(one(entry, True, set_name))
    names = [driver["name"] for driver in drivers]
    if len(set(names)) != len(names):
        fail(f"double names: {sorted(n for n in names if names.count(n) > 1)}")
    for driver in drivers:
        if driver["twin"] and driver["twin"] not in names:
            fail(f"{driver['name']}: no such twin: {driver['twin']}")
        for source in driver["sources"]:
            if not (index.parent / source).is_file():
                fail(f"{driver['name']}: no such source: {source}")
    output.mkdir(parents=True, exist_ok=True)
    (output / "index.json").write_text(json.dumps({"drivers": drivers}, indent=1) + "\n")
    (output / "drivers.cmake").write_text("".join(cmake_call(driver) for driver in drivers))


main()
