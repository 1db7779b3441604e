#!/usr/bin/env python3
"""An independent run of witnesses: Unicorn, and a kernel stub of its own that shares nothing with the room replay.

usage: witness_oracle.py REPORT.json DRIVER... [--verbose]
       witness_oracle.py RINGFENCE CORPUS [--verbose]     over the hand-read drivers of the corpus
Every L3 primitive of x64 drivers is run twice, with canary_a and canary_b. Printed: how many the emulator confirms, contradicts (the
place is reached, and the argument is another), does not reach, or cannot judge. Exit code 1 when one is contradicted.
"""
import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path

try:
    from unicorn import *
    from unicorn.x86_const import *
except ImportError:
    print("skipped everything: Unicorn is missing")
    sys.exit(77)

IMPORTS, RETURN, HEAP, STACK, GS = 0xfffff88000000000, 0xffffde0000001000, 0xffffa00000000000, 0xffffb00000000000, 0xfffff78010000000
USER = 0x20000000000
REGISTERS = {"ecx": UC_X86_REG_ECX, "dx": UC_X86_REG_DX}
# Parameter: index, and whether the value stands behind a pointer.
PARAMETERS = {"PhysicalAddress": (0, 0), "*SectionOffset": (5, 8), "NumberOfBytes": (0, 0), "Port": (0, 0), "BusNumber": (1, 0), "SlotNumber": (2, 0),
              "Offset": (4, 0), "Object": (0, 0), "ProcessId": (0, 0), "ClientId.UniqueProcess": (3, 8)}


class Stopped(Exception):
    pass


class Pe:
    def __init__(self, data):
        at = struct.unpack_from("<I", data, 0x3c)[0]
        self.machine, count = struct.unpack_from("<HH", data, at + 4)
        optional = at + 24
        self.base, self.size = struct.unpack_from("<Q", data, optional + 24)[0], struct.unpack_from("<I", data, optional + 56)[0]
        self.entry = struct.unpack_from("<I", data, optional + 16)[0]
        self.image = bytearray((self.size + 0xfff) & ~0xfff)
        self.image[:0x400] = data[:0x400]
        table = optional + struct.unpack_from("<H", data, at + 20)[0]
        for i in range(count):
            _, vsize, rva, rsize, raw = struct.unpack_from("<8sIIII", data, table + 40 * i)
            part = data[raw:raw + min(rsize, max(vsize, 1) if vsize else rsize)]
            self.image[rva:rva + len(part)] = part
        self.imports = []
        descriptor = struct.unpack_from("<I", data, optional + 112 + 8)[0]
        while descriptor and any(self.image[descriptor:descriptor + 20]):
            lookup, _, _, _, slots = struct.unpack_from("<5I", self.image, descriptor)
            at = lookup or slots
            while (entry := struct.unpack_from("<Q", self.image, at)[0]) != 0:
                name = f"#{entry & 0xffff}" if entry >> 63 else self.text(entry + 2)
                self.imports.append((name, slots))
                at, slots = at + 8, slots + 8
            descriptor += 20
        config = struct.unpack_from("<I", data, optional + 112 + 80)[0]
        if config:
            cookie = struct.unpack_from("<Q", self.image, config + 88)[0]
            if self.base <= cookie < self.base + self.size:
                struct.pack_into("<Q", self.image, cookie - self.base, 0x123456789abc)

    def text(self, rva):
        return bytes(self.image[rva:self.image.index(b"\0", rva)]).decode("latin1")


class Kernel:
    def __init__(self, pe, sink, argument):
        self.pe, self.sink, self.argument, self.seen = pe, pe.base + sink, argument, []
        self.reached, self.wow64, self.fuel, self.devices, self.next = False, False, 300000, [], HEAP
        self.cf8 = 0
        uc = self.uc = Uc(UC_ARCH_X86, UC_MODE_64)
        uc.mem_map(pe.base, len(pe.image))
        uc.mem_map(IMPORTS, 0x10000)
        uc.mem_write(IMPORTS, b"\xf4" * 0x10000)
        uc.mem_map(RETURN & ~0xfff, 0x1000)
        uc.mem_map(STACK, 0x40000)
        uc.mem_map(GS, 0x1000)
        uc.reg_write(UC_X86_REG_GS_BASE, GS)
        image = bytearray(pe.image)
        self.names = {}
        for name, slot in pe.imports:
            self.names[self.routine(name)] = name
            struct.pack_into("<Q", image, slot, self.routine(name) if not name.endswith("Type") else self.allocate(0x40))
        uc.mem_write(pe.base, bytes(image))
        uc.mem_write(GS + 0x188, struct.pack("<Q", self.allocate(0x800)))
        uc.hook_add(UC_HOOK_CODE, self.on_import, None, IMPORTS, IMPORTS + 0xffff)
        uc.hook_add(UC_HOOK_CODE, self.on_sink, None, self.sink, self.sink)
        uc.hook_add(UC_HOOK_BLOCK, self.on_block)
        uc.hook_add(UC_HOOK_MEM_UNMAPPED, self.on_unmapped)
        uc.hook_add(UC_HOOK_INSN, lambda u, port, size, d: 0, None, 1, 0, UC_X86_INS_IN)
        uc.hook_add(UC_HOOK_INSN, self.on_out, None, 1, 0, UC_X86_INS_OUT)

    def routine(self, name):
        known = getattr(self, "known", None)
        if known is None:
            known = self.known = {}
        return known.setdefault(name, IMPORTS + 16 * len(known))

    def allocate(self, size):
        at, size = self.next, (max(size, 1) + 0xfff) & ~0xfff
        self.uc.mem_map(at, size)
        self.next += size + 0x10000
        return at

    def on_out(self, uc, port, size, value, data):
        if port == 0xcf8:
            self.cf8 = value

    def number(self, at, size=8):
        return int.from_bytes(self.uc.mem_read(at, size), "little")

    def put(self, at, value, size=8):
        if at:
            self.uc.mem_write(at, (value & ((1 << 8 * size) - 1)).to_bytes(size, "little"))

    def arg(self, i):
        if i < 4:
            return self.uc.reg_read((UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_R8, UC_X86_REG_R9)[i])
        return self.number(self.uc.reg_read(UC_X86_REG_RSP) + 8 * (i + 1))

    def on_block(self, uc, address, size, data):
        self.fuel -= 1
        if self.fuel < 0:
            uc.emu_stop()

    def on_import(self, uc, address, size, data):
        self.call(self.names.get(address) or next((n for n, a in self.known.items() if a == address), ""))

    def on_sink(self, uc, address, size, data):
        self.reached = True
        if self.argument in REGISTERS:
            self.seen.append(uc.reg_read(REGISTERS[self.argument]))
        elif self.argument == "configuration address":
            self.seen.append(self.cf8)

    def from_sink(self):
        """The place is the instruction that runs, or a call that has not returned: its return address is on the stack."""
        if self.uc.reg_read(UC_X86_REG_RIP) == self.sink:
            return True
        sp = self.uc.reg_read(UC_X86_REG_RSP)
        words = struct.unpack("<64Q", self.uc.mem_read(sp, 512))
        return any(0 < word - self.sink <= 8 for word in words)

    def on_unmapped(self, uc, access, address, size, value, data):
        if access == UC_MEM_FETCH_UNMAPPED:
            if self.argument == "target":
                self.seen.append(address)
            return False
        if address < 0x10000:
            return False
        if self.argument == "addr" and self.from_sink():
            self.seen.append(address)
        self.reach(address, size)
        first = address & ~0xfff
        uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, self.on_touch, None, first, first + 0x1fff)
        return True

    def on_touch(self, uc, access, address, size, value, data):
        if self.argument == "addr" and self.from_sink():
            self.seen.append(address)

    def reach(self, address, size):
        for page in range(address & ~0xfff, address + max(size, 1), 0x1000):
            try:
                self.uc.mem_map(page, 0x1000)
            except UcError:
                pass

    def read(self, at, size):
        try:
            return bytes(self.uc.mem_read(at, size))
        except UcError:
            self.reach(at, min(size, 1 << 20))
            return bytes(self.uc.mem_read(at, size))

    def write(self, at, content):
        try:
            self.uc.mem_write(at, content)
        except UcError:
            self.reach(at, min(len(content), 1 << 20))
            self.uc.mem_write(at, content)

    def call(self, name):
        sp = self.uc.reg_read(UC_X86_REG_RSP)
        back = self.number(sp)
        if 0 < back - self.sink <= 8 or self.from_sink():
            self.reached = True
            if self.argument in PARAMETERS:
                index, behind = PARAMETERS[self.argument]
                value = self.arg(index)
                self.seen.append(self.number(value, behind) if behind and value else value)
            elif self.argument == "addr" and name in ("memcpy", "memmove", "RtlCopyMemory", "RtlMoveMemory", "memset"):
                self.seen += [self.arg(0), self.arg(1)][:1 if name == "memset" else 2]
        result = self.answer(name)
        self.uc.reg_write(UC_X86_REG_RAX, (result or 0) & 0xffffffffffffffff)
        self.uc.reg_write(UC_X86_REG_RSP, sp + 8)
        self.uc.reg_write(UC_X86_REG_RIP, back)

    def answer(self, name):
        a = self.arg
        if name in ("IoCreateDevice", "WdmlibIoCreateDevice"):
            device = self.allocate(0x200)
            self.put(device + 8, a(0))
            self.put(device + 0x40, self.allocate(a(1)) if a(1) & 0xffffffff else 0)
            self.put(device + 0x30, 0x80, 4)
            self.put(device + 0x10, self.number(a(0) + 8))
            self.put(a(0) + 8, device)
            self.devices.append(device)
            return self.put(a(6), device)
        if name == "RtlInitUnicodeString":
            text = b""
            while a(1) and (unit := bytes(self.uc.mem_read(a(1) + len(text), 2))) != b"\0\0":
                text += unit
            self.put(a(0), len(text), 2)
            self.put(a(0) + 2, len(text) + 2, 2)
            return self.put(a(0) + 8, a(1))
        if name.startswith(("ExAllocatePool", "MmAllocateNonCached", "MmAllocateContiguous")):
            size = a(1) if name.startswith("ExAllocatePool") else a(0)
            return self.allocate(size) if size < 1 << 24 else 0
        if name in ("MmMapIoSpace", "MmMapIoSpaceEx"):
            return self.allocate(min(a(1), 1 << 20))
        if name == "HalTranslateBusAddress":
            self.put(a(4), a(2))
            return 1
        if name in ("memcpy", "memmove", "RtlCopyMemory", "RtlMoveMemory"):
            self.write(a(0), self.read(a(1), a(2)))
            return a(0)
        if name == "memset":
            self.write(a(0), bytes([a(1) & 0xff]) * a(2))
            return a(0)
        if name in ("ZwOpenSection", "ZwOpenProcess", "ZwOpenFile", "ZwCreateFile"):
            return self.put(a(0), 0x1234)
        if name == "ObReferenceObjectByHandle":
            return self.put(a(4), self.allocate(0x800))
        if name == "PsLookupProcessByProcessId":
            return self.put(a(1), self.allocate(0x800))
        if name == "ZwMapViewOfSection":
            return self.put(a(2), self.allocate(min(self.number(a(6)), 1 << 20)))
        if name == "IoAllocateMdl":
            mdl = self.allocate(0x100)
            self.put(mdl + 0x20, a(0) & ~0xfff)
            self.put(mdl + 0x2c, a(0) & 0xfff, 4)
            self.put(mdl + 0x28, a(1), 4)
            return mdl
        if name.startswith("MmMapLockedPages"):
            return self.number(a(0) + 0x20) + self.number(a(0) + 0x2c, 4)
        if name == "IoIs32bitProcess":
            return self.wow64
        if name in ("IoGetCurrentProcess", "PsGetCurrentProcess", "KeGetCurrentThread"):
            return self.allocate(0x800)
        if name in ("ZwOpenKey", "ZwQueryValueKey", "RtlQueryRegistryValues"):
            return 0xc0000034
        if name == "WdfVersionBind":
            return self.put(a(3), self.allocate(0x100))
        if name in ("MmIsAddressValid", "SePrivilegeCheck", "SeSinglePrivilegeCheck", "ExGetPreviousMode", "KeQueryActiveProcessors"):
            return 1
        if name == "PsGetVersion":
            for i, value in enumerate((10, 0, 19045)):
                self.put(a(i), value, 4)
            return 1
        if name == "RtlGetVersion":
            for offset, value in ((4, 10), (8, 0), (12, 19045)):
                self.put(a(0) + offset, value, 4)
            return 0
        if name in ("KeIpiGenericCall", "KeRaiseIrqlToDpcLevel"):
            raise Stopped(name)
        return 0

    def run(self, address, *arguments):
        sp = STACK + 0x38000 - 8
        self.uc.mem_write(sp, struct.pack("<Q", RETURN))
        for register, value in zip((UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_R8, UC_X86_REG_R9), arguments):
            self.uc.reg_write(register, value)
        self.uc.reg_write(UC_X86_REG_RSP, sp)
        self.uc.emu_start(address, RETURN)
        return self.uc.reg_read(UC_X86_REG_RAX) & 0xffffffff

    def boot(self):
        self.driver = self.allocate(0x200)
        self.put(self.driver + 0x30, self.allocate(0x100))
        path = self.allocate(0x100)
        text = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\x".encode("utf-16-le")
        self.uc.mem_write(path, struct.pack("<HHIQ", len(text), len(text) + 2, 0, path + 0x10) + text)
        self.fuel = 3000000
        return self.run(self.pe.base + self.pe.entry, self.driver, path)

    def send(self, request, data):
        major = {"IRP_MJ_CREATE": 0, "IRP_MJ_DEVICE_CONTROL": 14}[request["major"]]
        irp, location = self.allocate(0x300), self.allocate(0x100)
        self.put(irp + 0xb8, location)
        self.put(irp + 0x40, 1, 1)
        self.put(irp + 0x42, 0x0202, 2)
        self.put(location, major, 1)
        device = self.devices[0] if self.devices else 0
        self.put(location + 0x28, device)
        self.put(location + 0x30, self.allocate(0x100))
        if major == 0:
            context = self.allocate(0x40)
            self.put(context + 8, self.allocate(0x200))
            self.put(location + 8, context)
        else:
            code, out = int(request["code"], 16), request["out_len"]
            self.put(location + 8, out, 4)
            self.put(location + 0x10, len(data), 4)
            self.put(location + 0x18, code, 4)
            if code & 3 == 3:
                self.uc.mem_map(USER, 0x10000)
                self.uc.mem_write(USER, data)
                self.put(location + 0x20, USER)
                self.put(irp + 0x70, USER + 0x8000)
            else:
                buffer = self.allocate(max(len(data), out))
                self.uc.mem_write(buffer, data)
                self.put(irp + 0x18, buffer)
                if code & 3:
                    mdl = self.allocate(0x100)
                    self.put(mdl + 0x18, self.allocate(out))
                    self.put(mdl + 0x0a, 5, 2)
                    self.put(irp + 8, mdl)
            self.wow64 = bool(request.get("wow64"))
            for memory in request.get("user_memory", []):
                at, content = int(memory["va"], 16), bytes.fromhex(memory["hex"])
                for page in range(at & ~0xfff, at + len(content), 0x1000):
                    try:
                        self.uc.mem_map(page, 0x1000)
                    except UcError:
                        pass
                self.uc.mem_write(at, content)
        self.fuel = 300000
        routine = self.number(self.driver + 0x70 + 8 * major)
        return self.run(routine, device, irp) if routine else 0xc0000010


def judge(pe, primitive):
    witness = primitive["witness"]
    argument = witness["argument"]
    outcome = []
    for which in ("canary_a", "canary_b"):
        kernel = Kernel(pe, int(primitive["sink_rva"], 16), argument["name"])
        try:
            kernel.boot()
            kernel.seen, kernel.reached = [], False
            for number, request in enumerate(witness["requests"]):
                data = bytearray.fromhex(request.get("in_hex", ""))
                if number == argument["in_request"]:
                    at = data.index(argument["canary_a"].to_bytes(argument["bytes"], "little"))
                    data[at:at + argument["bytes"]] = argument[which].to_bytes(argument["bytes"], "little")
                kernel.send(request, bytes(data))
        except (UcError, Stopped, RecursionError):
            pass
        canary = argument[which]
        width = 8 * argument["bytes"]
        carried = any(seen >> shift & ((1 << width) - 1) == canary for seen in kernel.seen for shift in range(0, 65 - width, 8))
        outcome.append("confirmed" if carried else "contradicted" if kernel.seen else "argument not seen" if kernel.reached else "not reached")
    return outcome[0] if outcome[0] == outcome[1] else next(o for o in outcome if o != "confirmed")


def main():
    verbose = "--verbose" in sys.argv
    report_path, *drivers = [a for a in sys.argv[1:] if not a.startswith("--")]
    if not report_path.endswith(".json"):
        corpus = Path(drivers[0])
        if not (corpus / "truth.json").exists():
            print("skipped everything: the corpus is missing")
            sys.exit(77)
        hashes = {driver["sha256"][:16].lower() for driver in json.loads((corpus / "truth.json").read_text())["drivers"]}
        drivers = sorted(str(p) for p in corpus.glob("x*/*") if p.name[:16].lower() in hashes)
        report = subprocess.run([report_path, "check", "--format", "json", "-j1", *drivers], capture_output=True, text=True).stdout
    else:
        report = Path(report_path).read_text()
    files = {}
    for path in drivers:
        data = open(path, "rb").read()
        files[hashlib.sha256(data).hexdigest()] = data
    counts = {}
    for subject in json.loads(report)["subjects"]:
        data = files.get(subject.get("sha256", ""))
        if data is None:
            continue
        pe = None
        for ioctl in (subject.get("surface") or {}).get("ioctls", []):
            for primitive in ioctl["primitives"]:
                if primitive["evidence"] != "L3":
                    continue
                if struct.unpack_from("<H", data, struct.unpack_from("<I", data, 0x3c)[0] + 4)[0] != 0x8664:
                    counts["x86, not judged"] = counts.get("x86, not judged", 0) + 1
                    continue
                pe = pe or Pe(data)
                outcome = judge(pe, primitive)
                counts[outcome] = counts.get(outcome, 0) + 1
                if verbose and outcome != "confirmed":
                    print(outcome, subject["path"].rsplit("-", 1)[-1], ioctl["code"], primitive["kind"], primitive["sink_rva"], primitive["witness"]["argument"])
    print(" ".join(f"{name}: {count}" for name, count in sorted(counts.items())))
    sys.exit(1 if counts.get("contradicted") else 0)


main()
