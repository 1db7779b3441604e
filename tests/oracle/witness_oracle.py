#!/usr/bin/env python3
"""An independent run of witnesses: Unicorn, and a kernel stub of its own that shares nothing with the room replay.

usage: witness_oracle.py REPORT.json DRIVER... [--verbose]
       witness_oracle.py RINGFENCE CORPUS [--verbose]     over the hand-read drivers of the corpus
       witness_oracle.py RINGFENCE DRIVERS [--verbose]    over the test drivers: the folder holds their index.json
Every L3 primitive of x64 and x86 drivers is run twice, with canary_a and canary_b. Printed: how many the emulator confirms, contradicts (the
place is reached, and the argument is another), does not reach, or cannot judge. Exit code 1 when one is contradicted.
"""
import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path

import kmdf_stub

try:
    from unicorn import *
    from unicorn.x86_const import *
except ImportError:
    sys.exit("Unicorn for Python is missing: install python3-unicorn (tools/packages.sh names it)")

# By word size: where things lie, and the offsets of the structures (public headers of the two architectures).
PLACES = {8: dict(imports=0xfffff88000000000, back=0xffffde0000001000, heap=0xffffa00000000000, stack=0xffffb00000000000, processor=0xfffff78010000000, user=0x20000000000, thread=0x188),
          4: dict(imports=0xfe000000, back=0xde001000, heap=0x88000000, stack=0x84000000, processor=0xffdff000, user=0x20000000, thread=0x124)}
OFFSETS = {8: dict(name=0x58, first_device=8, driver_extension=0x30, major=0x70, device_driver=8, next_device=0x10, flags=0x30, extension=0x40, mdl=8, system=0x18, mode=0x40, stack_count=0x42,
                   user=0x70, location=0xb8, out_length=8, in_length=0x10, code=0x18, type3=0x20, device=0x28, file=0x30, mdl_flags=0xa, mdl_mapped=0x18, mdl_start=0x20, mdl_count=0x28,
                   mdl_offset=0x2c, security=8, access_state=8, config=88, directories=112, slot=8, ordinal=63),
           4: dict(name=0x30, first_device=4, driver_extension=0x18, major=0x38, device_driver=8, next_device=0xc, flags=0x1c, extension=0x28, mdl=4, system=0xc, mode=0x20, stack_count=0x22,
                   user=0x3c, location=0x60, out_length=4, in_length=8, code=0xc, type3=0x10, device=0x14, file=0x18, mdl_flags=6, mdl_mapped=0xc, mdl_start=0x10, mdl_count=0x14,
                   mdl_offset=0x18, security=4, access_state=4, config=60, directories=96, slot=4, ordinal=31)}
# x86: pointer-sized arguments that a routine takes off the stack; fastcall routines get the first two in ecx and edx.
FASTCALL = {"IofCompleteRequest": 0, "IofCallDriver": 0, "ObfDereferenceObject": 0, "ObfReferenceObject": 0, "KfLowerIrql": 0, "KfRaiseIrql": 0, "KfAcquireSpinLock": 0,
            "KfReleaseSpinLock": 0, "ExInterlockedInsertTailList": 1, "ExInterlockedRemoveHeadList": 0}
CDECL = {"DbgPrint", "_stricmp", "_vsnprintf", "memcpy", "memmove", "memset", "sprintf", "strncpy", "swprintf", "RtlUnwind"}
STDCALL = {"ExAllocatePool": 2, "ExAllocatePoolWithTag": 3, "ExFreePool": 1, "ExFreePoolWithTag": 2, "HalGetBusDataByOffset": 6, "HalSetBusDataByOffset": 6,
           "HalTranslateBusAddress": 6, "IoAllocateMdl": 5, "IoAllocateWorkItem": 1, "IoAttachDeviceToDeviceStack": 2, "IoCompleteRequest": 2, "IoCreateDevice": 7,
           "IoCreateSymbolicLink": 2, "IoCreateUnprotectedSymbolicLink": 2, "IoDeleteDevice": 1, "IoDeleteSymbolicLink": 1, "IoFreeMdl": 1, "IoFreeWorkItem": 1,
           "IoGetCurrentProcess": 0, "IoGetDeviceObjectPointer": 4, "IoGetRequestorProcess": 1, "IoGetRequestorProcessId": 1, "IoRegisterDeviceInterface": 4,
           "IoRegisterShutdownNotification": 1, "IoSetDeviceInterfaceState": 2, "IoUnregisterShutdownNotification": 1, "IoValidateDeviceIoControlAccess": 2,
           "IoAllocateErrorLogEntry": 2, "IoWriteErrorLogEntry": 1, "IoReportResourceUsage": 9, "KeDelayExecutionThread": 3, "KeEnterCriticalRegion": 0,
           "KeGetCurrentIrql": 0, "KeInitializeDpc": 3, "KeInitializeEvent": 3, "KeInitializeSemaphore": 3, "KeInitializeSpinLock": 1, "KeInitializeTimer": 1,
           "KeLeaveCriticalRegion": 0, "KeQueryActiveProcessorCount": 1, "KeQueryActiveProcessors": 0, "KeQuerySystemTime": 1, "KeReleaseSemaphore": 4,
           "KeRevertToUserAffinityThread": 0, "KeSetEvent": 3, "KeSetSystemAffinityThread": 1, "KeSetSystemAffinityThreadEx": 1, "KeSetTimer": 4,
           "KeStackAttachProcess": 2, "KeStallExecutionProcessor": 1, "KeUnstackDetachProcess": 1, "KeWaitForSingleObject": 5, "MmAllocateContiguousMemory": 3,
           "MmBuildMdlForNonPagedPool": 1, "MmCopyMemory": 7, "MmCopyVirtualMemory": 7, "MmFreeContiguousMemory": 1, "MmGetPhysicalAddress": 1,
           "MmGetSystemRoutineAddress": 1, "MmIsAddressValid": 1, "MmMapIoSpace": 4, "MmMapLockedPages": 2, "MmMapLockedPagesSpecifyCache": 6,
           "MmProbeAndLockPages": 3, "MmUnlockPages": 1, "MmUnmapIoSpace": 2, "MmUnmapLockedPages": 2, "ObOpenObjectByPointer": 7, "ObReferenceObjectByHandle": 6,
           "ProbeForRead": 3, "ProbeForWrite": 3, "PsGetCurrentProcessId": 0, "PsIsProtectedProcess": 1, "PsLookupProcessByProcessId": 2, "PsLookupThreadByThreadId": 2,
           "PsDereferencePrimaryToken": 1, "PsReferencePrimaryToken": 1, "PsSetCreateProcessNotifyRoutine": 2, "PsSetLoadImageNotifyRoutine": 1,
           "READ_PORT_UCHAR": 1, "READ_PORT_ULONG": 1, "READ_PORT_USHORT": 1, "WRITE_PORT_UCHAR": 2, "WRITE_PORT_ULONG": 2, "WRITE_PORT_USHORT": 2,
           "READ_REGISTER_UCHAR": 1, "READ_REGISTER_ULONG": 1, "READ_REGISTER_USHORT": 1, "WRITE_REGISTER_UCHAR": 2, "WRITE_REGISTER_ULONG": 2, "WRITE_REGISTER_USHORT": 2,
           "RtlCompareMemory": 3, "RtlCopyUnicodeString": 2, "RtlInitUnicodeString": 2, "RtlAppendUnicodeToString": 2, "RtlQueryRegistryValues": 5,
           "RtlWriteRegistryValue": 6, "RtlCreateRegistryKey": 2, "RtlCreateSecurityDescriptor": 2, "RtlSetDaclSecurityDescriptor": 4, "RtlCreateAcl": 3,
           "RtlAddAccessAllowedAce": 4, "RtlUpcaseUnicodeString": 3, "SeSinglePrivilegeCheck": 3, "SeTokenIsAdmin": 1, "ZwAllocateVirtualMemory": 6, "ZwClose": 1,
           "ZwCreateFile": 11, "ZwDeleteFile": 1, "ZwLoadDriver": 1, "ZwMapViewOfSection": 10, "ZwOpenFile": 6, "ZwOpenKey": 3, "ZwOpenProcess": 4, "ZwOpenSection": 3,
           "ZwQueryValueKey": 6, "ZwSetSecurityObject": 3, "ZwTerminateProcess": 2, "ZwUnmapViewOfSection": 2, "ZwWriteFile": 9, "ZwQuerySystemInformation": 4,
           "CmRegisterCallback": 3, "ExCreateCallback": 4, "ExRegisterCallback": 3, "ExUnregisterCallback": 1, "IoBuildDeviceIoControlRequest": 9,
           "IoBuildSynchronousFsdRequest": 7, "IoQueueWorkItem": 4, "IoRaiseInformationalHardError": 3, "IoStartNextPacket": 2, "IoStartPacket": 4,
           "IoWMIRegistrationControl": 2, "KeBugCheckEx": 5, "KeInsertQueueDpc": 3, "KeIpiGenericCall": 2, "KeRaiseIrqlToDpcLevel": 0, "ObRegisterCallbacks": 2,
           "ObSetSecurityObjectByPointer": 3, "PsCreateSystemThread": 7, "PsTerminateSystemThread": 1, "RtlConvertUlongToLargeInteger": 1, "RtlLargeIntegerSubtract": 4,
           "FltRegisterFilter": 3, "FltCreateCommunicationPort": 8, "FltBuildDefaultSecurityDescriptor": 2, "FltFreeSecurityDescriptor": 1, "FltStartFiltering": 1,
           "FltCloseCommunicationPort": 1, "FltCloseClientPort": 2, "FltUnregisterFilter": 1}
# x86: physical addresses are 64-bit arguments; how many pointer-sized words stand in front of an argument.
WIDE_BEFORE = {("HalTranslateBusAddress", 3): 4, ("HalTranslateBusAddress", 4): 5, ("MmMapIoSpace", 1): 2}
FASTCALL["WdfObjectGetTypedContextWorker"] = 1
STDCALL |= {name: count for name, (_, count) in kmdf_stub.ROUTINES.items() if name not in FASTCALL} | {"WdfVersionBind": 4, "WdfVersionUnbind": 3, "WdfVersionBindClass": 3}
REGISTERS = {"ecx": UC_X86_REG_ECX, "dx": UC_X86_REG_DX}
# Parameter: index, and whether the value stands behind a pointer.
PARAMETERS = {"PhysicalAddress": (0, 0), "*SectionOffset": (5, 8), "NumberOfBytes": (0, 0), "Port": (0, 0), "BusNumber": (1, 0), "SlotNumber": (2, 0),
              "Offset": (4, 0), "Object": (0, 0), "ProcessId": (0, 0), "ClientId.UniqueProcess": (3, 8)}


MAJORS = {"IRP_MJ_CREATE": 0, "IRP_MJ_CLOSE": 2, "IRP_MJ_READ": 3, "IRP_MJ_WRITE": 4, "IRP_MJ_DEVICE_CONTROL": 14, "IRP_MJ_CLEANUP": 18}
BUFFERED_IO, DIRECT_IO = 4, 0x10  # DEVICE_OBJECT.Flags


class Stopped(Exception):
    pass


class Pe:
    def __init__(self, data):
        at = struct.unpack_from("<I", data, 0x3c)[0]
        self.machine, count = struct.unpack_from("<HH", data, at + 4)
        optional = at + 24
        word = self.word = 8 if self.machine == 0x8664 else 4
        number, offsets = "<Q" if word == 8 else "<I", OFFSETS[word]
        self.base, self.size = struct.unpack_from(number, data, optional + (24 if word == 8 else 28))[0], struct.unpack_from("<I", data, optional + 56)[0]
        self.entry = struct.unpack_from("<I", data, optional + 16)[0]
        self.image = bytearray((self.size + 0xfff) & ~0xfff)
        self.image[:0x400] = data[:0x400]
        table = optional + struct.unpack_from("<H", data, at + 20)[0]
        for i in range(count):
            _, vsize, rva, rsize, raw = struct.unpack_from("<8sIIII", data, table + 40 * i)
            part = data[raw:raw + min(rsize, max(vsize, 1) if vsize else rsize)]
            self.image[rva:rva + len(part)] = part
        self.imports = []
        descriptor = struct.unpack_from("<I", data, optional + offsets["directories"] + 8)[0]
        while descriptor and any(self.image[descriptor:descriptor + 20]):
            lookup, _, _, _, slots = struct.unpack_from("<5I", self.image, descriptor)
            at = lookup or slots
            while (entry := struct.unpack_from(number, self.image, at)[0]) != 0:
                name = f"#{entry & 0xffff}" if entry >> offsets["ordinal"] else self.text(entry + 2)
                self.imports.append((name, slots))
                at, slots = at + word, slots + word
            descriptor += 20
        config = struct.unpack_from("<I", data, optional + offsets["directories"] + 80)[0]
        if config:
            cookie = struct.unpack_from(number, self.image, config + offsets["config"])[0]
            if self.base <= cookie < self.base + self.size:
                struct.pack_into(number, self.image, cookie - self.base, 0x123456789abc if word == 8 else 0x12345678)

    def text(self, rva):
        return bytes(self.image[rva:self.image.index(b"\0", rva)]).decode("latin1")


class Kernel:
    def __init__(self, pe, sink, argument):
        self.pe, self.sink, self.argument, self.seen = pe, pe.base + sink, argument, []
        self.reached, self.wow64, self.fuel, self.devices = False, False, 300000, []
        self.word, self.o = pe.word, OFFSETS[pe.word]
        places = PLACES[pe.word]
        self.imports, self.back, self.next, self.stack, self.user = (places[name] for name in ("imports", "back", "heap", "stack", "user"))
        self.later, self.port = [], {}  # queued work; the communication port
        self.named = {}  # objects by the handle or number that they were asked for with
        self.cf8, self.kmdf = 0, kmdf_stub.Kmdf(self)
        uc = self.uc = Uc(UC_ARCH_X86, UC_MODE_64 if self.word == 8 else UC_MODE_32)
        uc.mem_map(pe.base, len(pe.image))
        uc.mem_map(self.imports, 0x10000)
        uc.mem_write(self.imports, b"\xf4" * 0x10000)
        uc.mem_map(self.back & ~0xfff, 0x1000)
        uc.mem_map(self.stack, 0x40000)
        uc.mem_map(places["processor"], 0x1000)
        if self.word == 8:
            uc.reg_write(UC_X86_REG_GS_BASE, places["processor"])
        else:
            self.set_processor_segment(places["processor"])
        image = bytearray(pe.image)
        self.names = {}
        for name, slot in pe.imports:
            self.names[self.routine(name)] = name
            struct.pack_into("<Q" if self.word == 8 else "<I", image, slot, self.routine(name) if not name.endswith("Type") else self.allocate(0x40))
        uc.mem_write(pe.base, bytes(image))
        self.put(places["processor"] + places["thread"], self.allocate(0x800))
        uc.hook_add(UC_HOOK_CODE, self.on_import, None, self.imports, self.imports + 0xffff)
        uc.hook_add(UC_HOOK_CODE, self.on_sink, None, self.sink, self.sink)
        uc.hook_add(UC_HOOK_BLOCK, self.on_block)
        uc.hook_add(UC_HOOK_MEM_UNMAPPED, self.on_unmapped)
        uc.hook_add(UC_HOOK_INSN, lambda u, port, size, d: 0, None, 1, 0, UC_X86_INS_IN)
        uc.hook_add(UC_HOOK_INSN, self.on_out, None, 1, 0, UC_X86_INS_OUT)

    def set_processor_segment(self, base):
        """In 32-bit mode fs has its base from a descriptor: 4 GB, ring 0; the others are flat."""
        table = base + 0x800
        for index, (start, access) in {1: (0, 0x9b), 2: (0, 0x93), 3: (base, 0x93)}.items():
            self.uc.mem_write(table + 8 * index, struct.pack("<HHBBBB", 0xffff, start & 0xffff, start >> 16 & 0xff, access, 0xcf, start >> 24))
        self.uc.reg_write(UC_X86_REG_GDTR, (0, table, 0x1f, 0))
        for register, selector in ((UC_X86_REG_CS, 8), (UC_X86_REG_SS, 0x10), (UC_X86_REG_DS, 0x10), (UC_X86_REG_ES, 0x10), (UC_X86_REG_FS, 0x18)):
            self.uc.reg_write(register, selector)

    def routine(self, name):
        known = getattr(self, "known", None)
        if known is None:
            known = self.known = {}
        return known.setdefault(name, self.imports + 16 * len(known))

    def allocate(self, size):
        at, size = self.next, (max(size, 1) + 0xfff) & ~0xfff
        self.uc.mem_map(at, size)
        self.next += size + 0x10000
        return at

    def stand_for(self, value):
        """An object for a handle or a number, or for what belongs to another object."""
        at = self.allocate(0x800)
        self.named[at] = self.named.get(value, value)
        return at

    def on_out(self, uc, port, size, value, data):
        if port == 0xcf8:
            self.cf8 = value

    def number(self, at, size=0):
        size = size or self.word
        return int.from_bytes(self.uc.mem_read(at, size), "little")

    def put(self, at, value, size=0):
        size = size or self.word
        if at:
            self.uc.mem_write(at, (value & ((1 << 8 * size) - 1)).to_bytes(size, "little"))

    def arg(self, i):
        if self.word == 4:
            if self.called in FASTCALL and i < 2:
                return self.uc.reg_read((UC_X86_REG_ECX, UC_X86_REG_EDX)[i])
            sp = self.uc.reg_read(UC_X86_REG_ESP)
            wide = 8 if (self.called, i) in (("MmMapIoSpace", 0), ("HalTranslateBusAddress", 2)) else 4
            return self.number(sp + 4 * (WIDE_BEFORE.get((self.called, i), i) + 1), wide)
        if i < 4:
            return self.uc.reg_read((UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_R8, UC_X86_REG_R9)[i])
        return self.number(self.uc.reg_read(UC_X86_REG_RSP) + 8 * (i + 1))

    def sp(self):
        return self.uc.reg_read(UC_X86_REG_RSP if self.word == 8 else UC_X86_REG_ESP)

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
        if self.uc.reg_read(UC_X86_REG_RIP if self.word == 8 else UC_X86_REG_EIP) == self.sink:
            return True
        words = struct.unpack("<64Q" if self.word == 8 else "<64I", self.uc.mem_read(self.sp(), 64 * self.word))
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
        self.called, sp = name, self.sp()
        if self.word == 4 and name not in FASTCALL and name not in CDECL and name not in STDCALL:
            raise Stopped(name)
        back = self.number(sp)
        if self.seen_from(back):
            self.reached = True
            if self.argument in PARAMETERS:
                index, behind = PARAMETERS[self.argument]
                value = self.arg(index)
                value = self.number(value, behind) if behind and value else value
                self.seen.append(self.named.get(value, value))
            elif self.argument == "addr" and name in ("memcpy", "memmove", "RtlCopyMemory", "RtlMoveMemory", "memset"):
                self.seen += [self.arg(0), self.arg(1)][:1 if name == "memset" else 2]
        if name == "KeIpiGenericCall":  # the routine runs in its place and returns to its caller
            routine, context = self.arg(0), self.arg(1)
            if self.word == 4:
                self.put(sp + 4, back)
                self.uc.reg_write(UC_X86_REG_ESP, sp + 4)
                self.put(sp + 8, context)
                self.uc.reg_write(UC_X86_REG_EIP, routine)
            else:
                self.uc.reg_write(UC_X86_REG_RCX, context)
                self.uc.reg_write(UC_X86_REG_RIP, routine)
            return
        if self.argument == "VirtualAddress" and name.startswith("MmMapLockedPages") and self.seen_from(back):
            self.seen.append(self.number(self.arg(0) + self.o["mdl_start"]) + self.number(self.arg(0) + self.o["mdl_offset"], 4))
        result = self.answer(name)
        if self.word == 4:
            popped = FASTCALL.get(name, STDCALL.get(name, 0))
            self.uc.reg_write(UC_X86_REG_EAX, (result or 0) & 0xffffffff)
            self.uc.reg_write(UC_X86_REG_ESP, sp + 4 + 4 * popped)
            self.uc.reg_write(UC_X86_REG_EIP, back)
            return
        self.uc.reg_write(UC_X86_REG_RAX, (result or 0) & 0xffffffffffffffff)
        self.uc.reg_write(UC_X86_REG_RSP, sp + 8)
        self.uc.reg_write(UC_X86_REG_RIP, back)

    def seen_from(self, back):
        return 0 < back - self.sink <= 8 or self.from_sink()

    def answer(self, name):
        a = self.arg
        if name in ("IoCreateDevice", "WdmlibIoCreateDevice"):
            device = self.allocate(0x200)
            o = self.o
            self.put(device + o["device_driver"], a(0))
            self.put(device + o["extension"], self.allocate(a(1)) if a(1) & 0xffffffff else 0)
            self.put(device + o["flags"], 0x80, 4)
            self.put(device + o["next_device"], self.number(a(0) + o["first_device"]))
            self.put(a(0) + o["first_device"], device)
            self.devices.append(device)
            return self.put(a(6), device)
        if name == "RtlInitUnicodeString":
            text = b""
            while a(1) and (unit := bytes(self.uc.mem_read(a(1) + len(text), 2))) != b"\0\0":
                text += unit
            self.put(a(0), len(text), 2)
            self.put(a(0) + 2, len(text) + 2, 2)
            return self.put(a(0) + self.word, a(1))
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
            return self.put(a(4), self.stand_for(a(0)))
        if name in ("PsLookupProcessByProcessId", "PsLookupThreadByThreadId"):
            return self.put(a(1), self.stand_for(a(0)))
        if name in ("PsReferencePrimaryToken", "IoThreadToProcess", "PsGetThreadProcess"):
            return self.stand_for(a(0))
        if name == "KeQueryActiveProcessorCount":
            self.put(a(0), 1)
            return 1
        if name == "ZwMapViewOfSection":
            return self.put(a(2), self.allocate(min(self.number(a(6)) if a(6) else 0x1000, 1 << 20)))
        if name == "IoAllocateMdl":
            mdl = self.allocate(0x100)
            self.put(mdl + self.o["mdl_start"], a(0) & ~0xfff)
            self.put(mdl + self.o["mdl_offset"], a(0) & 0xfff, 4)
            self.put(mdl + self.o["mdl_count"], a(1), 4)
            return mdl
        if name.startswith("MmMapLockedPages"):
            return self.number(a(0) + self.o["mdl_start"]) + self.number(a(0) + self.o["mdl_offset"], 4)
        if name == "IoIs32bitProcess":
            return self.wow64
        if name in ("IoGetCurrentProcess", "PsGetCurrentProcess", "KeGetCurrentThread"):
            return self.allocate(0x800)
        if name in ("ZwOpenKey", "ZwQueryValueKey", "RtlQueryRegistryValues"):
            return 0xc0000034
        if name == "WdfVersionBind":
            return self.kmdf.bind(a(2), a(3))
        if name in kmdf_stub.ROUTINES:
            return self.kmdf.call(name, a)
        if name.startswith("framework routine"):
            raise Stopped(name)
        if name in ("MmIsAddressValid", "SePrivilegeCheck", "SeSinglePrivilegeCheck", "ExGetPreviousMode", "KeQueryActiveProcessors", "MmIsNonPagedSystemAddressValid"):
            return 1
        if name == "PsGetVersion":
            for i, value in enumerate((10, 0, 19045)):
                self.put(a(i), value, 4)
            return 1
        if name == "RtlGetVersion":
            for offset, value in ((4, 10), (8, 0), (12, 19045)):
                self.put(a(0) + offset, value, 4)
            return 0
        if name == "KeInitializeDpc":
            self.put(a(0) + 3 * self.word, a(1))
            return self.put(a(0) + 4 * self.word, a(2))
        if name == "KeInsertQueueDpc":
            self.later.append((self.number(a(0) + 3 * self.word), a(0), self.number(a(0) + 4 * self.word), a(1), a(2)))
            return 1
        if name == "IoQueueWorkItem":
            self.later.append((a(1), self.devices[0] if self.devices else 0, a(3)))
        if name == "FltCreateCommunicationPort":
            self.port = {"cookie": a(3), "connect": a(4), "message": a(6)}
        return 0

    def run(self, address, *arguments):
        if self.word == 4:
            sp = self.stack + 0x38000 - 4 * (len(arguments) + 1)
            self.uc.mem_write(sp, struct.pack(f"<{len(arguments) + 1}I", self.back, *arguments))
            self.uc.reg_write(UC_X86_REG_ESP, sp)
            self.uc.emu_start(address, self.back)
            return self.uc.reg_read(UC_X86_REG_EAX)
        sp = self.stack + 0x38000 - 8
        self.uc.mem_write(sp, struct.pack("<Q", self.back))
        for i, value in enumerate(arguments[4:]):
            self.put(sp + 0x28 + 8 * i, value)
        for register, value in zip((UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_R8, UC_X86_REG_R9), arguments):
            self.uc.reg_write(register, value)
        self.uc.reg_write(UC_X86_REG_RSP, sp)
        self.uc.emu_start(address, self.back)
        return self.uc.reg_read(UC_X86_REG_RAX) & 0xffffffff

    def boot(self):
        self.driver = self.allocate(0x200)
        self.put(self.driver + self.o["driver_extension"], self.allocate(0x100))
        path = self.allocate(0x100)
        text = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\x".encode("utf-16-le")
        self.uc.mem_write(path, struct.pack("<HHIQ" if self.word == 8 else "<HHI8x", len(text), len(text) + 2, *((0, path + 0x10) if self.word == 8 else (path + 0x10,))) + text)
        self.fuel = 3000000
        status = self.run(self.pe.base + self.pe.entry, self.driver, path)
        self.kmdf.add_devices()
        return status

    def talk(self, request, data):
        """The filter manager's side of a communication port: a connection, or a message in the caller's memory."""
        self.fuel = 300000
        if request["major"] == "port:connect":
            self.connection = self.allocate(8)
            return self.run(self.port["connect"], self.allocate(0x100), self.port["cookie"], 0, 0, self.connection) if self.port["connect"] else 0
        self.reach(self.user, 0x10000)
        self.uc.mem_write(self.user, data)
        self.add_memory(request)
        return self.run(self.port["message"], self.number(self.connection), self.user, len(data), self.user + 0x8000 if request["out_len"] else 0, request["out_len"], self.allocate(8))

    def open_file(self, device, name):
        file, text = self.allocate(0x100), name.encode("utf-16-le")
        self.put(file, 5, 2)
        self.put(file + self.word, device)
        if text:
            buffer = self.allocate(len(text))
            self.uc.mem_write(buffer, text)
            self.put(file + self.o["name"], len(text), 2)
            self.put(file + self.o["name"] + 2, len(text), 2)
            self.put(file + self.o["name"] + self.word, buffer)
        return file

    def add_memory(self, request):
        for memory in request.get("user_memory", []):
            at, content = int(memory["va"], 16), bytes.fromhex(memory["hex"])
            self.reach(at, len(content))
            self.uc.mem_write(at, content)

    def send(self, request, data):
        if request["major"].startswith("port:"):
            return self.talk(request, data)
        major = MAJORS[request["major"]]
        irp, location, o = self.allocate(0x300), self.allocate(0x100), self.o
        self.put(irp + o["location"], location)
        self.put(irp + o["mode"], 1, 1)
        self.put(irp + o["stack_count"], 0x0202, 2)
        self.put(location, major, 1)
        device = self.devices[0] if self.devices else 0
        self.put(location + o["device"], device)
        if major == 0 or not getattr(self, "file", 0):  # one handle for all requests until it is closed
            self.file = self.open_file(device, request.get("file_name", ""))
        self.put(location + o["file"], self.file)
        if major in (2, 18):
            pass
        elif major == 0:
            context = self.allocate(0x40)
            self.put(context + o["access_state"], self.allocate(0x200))
            self.put(location + o["security"], context)
        elif major in (3, 4):
            content = bytes(data) if major == 4 else bytes(request["out_len"])
            flags = self.number(device + o["flags"], 4) if device else 0
            self.put(location + o["out_length"], len(content), 4)  # Parameters.Read.Length, Parameters.Write.Length
            buffer = self.allocate(len(content)) if flags & (BUFFERED_IO | DIRECT_IO) else self.user
            self.reach(buffer, len(content))
            self.uc.mem_write(buffer, content)
            if flags & BUFFERED_IO:
                self.put(irp + o["system"], buffer)
            elif flags & DIRECT_IO:
                mdl = self.allocate(0x100)
                self.put(mdl + o["mdl_mapped"], buffer)
                self.put(mdl + o["mdl_count"], len(content), 4)
                self.put(mdl + o["mdl_flags"], 5, 2)
                self.put(irp + o["mdl"], mdl)
            self.put(irp + o["user"], self.user)
        else:
            code, out = int(request["code"], 16), request["out_len"]
            self.put(location + o["out_length"], out, 4)
            self.put(location + o["in_length"], len(data), 4)
            self.put(location + o["code"], code, 4)
            if code & 3 == 3:
                self.reach(self.user, 0x10000)
                self.uc.mem_write(self.user, data)
                self.put(location + o["type3"], self.user)
                self.put(irp + o["user"], self.user + 0x8000)
            else:
                buffer = self.allocate(max(len(data), out))
                self.uc.mem_write(buffer, data)
                self.put(irp + o["system"], buffer)
                if code & 3:
                    mdl = self.allocate(0x100)
                    self.put(mdl + o["mdl_mapped"], self.allocate(out))
                    self.put(mdl + o["mdl_flags"], 5, 2)
                    self.put(irp + o["mdl"], mdl)
        if major not in (0, 2, 18):
            self.wow64 = bool(request.get("wow64"))
            self.add_memory(request)
        self.fuel = 300000
        if self.kmdf.devices:
            return self.kmdf.serve(device, major, irp, location)
        routine = self.number(self.driver + self.o["major"] + self.word * major)
        status = self.run(routine, device, irp) if routine else 0xc0000010
        while self.later:
            self.run(*self.later.pop(0))
        return status


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
        if (corpus / "index.json").exists():
            drivers = sorted(str(p) for p in corpus.glob("x*/*.sys"))
        elif (corpus / "truth.json").exists():
            hashes = {driver["sha256"][:16].lower() for driver in json.loads((corpus / "truth.json").read_text())["drivers"]}
            drivers = sorted(str(p) for p in corpus.glob("x*/*") if p.name[:16].lower() in hashes)
        else:
            print("skipped everything: the corpus is missing")
            sys.exit(77)
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
                pe = pe or Pe(data)
                outcome = judge(pe, primitive)
                counts[outcome] = counts.get(outcome, 0) + 1
                if verbose and outcome != "confirmed":
                    print(outcome, subject["path"].rsplit("-", 1)[-1], ioctl["code"], primitive["kind"], primitive["sink_rva"], primitive["witness"]["argument"])
    print(" ".join(f"{name}: {count}" for name, count in sorted(counts.items())))
    sys.exit(1 if counts.get("contradicted") else 0)


main()
