"""The kernel-mode driver framework as far as the witnesses of the test drivers need it, for witness_oracle.py.

It shares nothing with the room replay: offsets and function numbers are those of the framework's public headers.
A routine that is not here stops the run.
"""

# Number in the function table, and how many arguments the routine has.
ROUTINES = {
    "WdfControlDeviceInitAllocate": (25, 3), "WdfControlFinishInitializing": (27, 2), "WdfDeviceWdmGetDeviceObject": (31, 2), "WdfDeviceInitFree": (54, 2),
    "WdfDeviceInitSetPnpPowerEventCallbacks": (55, 3), "WdfDeviceInitSetIoType": (61, 3), "WdfDeviceInitSetExclusive": (62, 3), "WdfDeviceInitSetDeviceType": (66, 3),
    "WdfDeviceInitAssignName": (67, 3), "WdfDeviceInitAssignSDDLString": (68, 3), "WdfDeviceInitSetCharacteristics": (70, 4),
    "WdfDeviceInitSetFileObjectConfig": (71, 4), "WdfDeviceInitSetRequestAttributes": (72, 3), "WdfDeviceInitSetIoInCallerContextCallback": (74, 3),
    "WdfDeviceCreate": (75, 4), "WdfDeviceCreateDeviceInterface": (77, 4), "WdfDeviceCreateSymbolicLink": (80, 3), "WdfDeviceEnqueueRequest": (91, 3),
    "WdfDeviceConfigureRequestDispatching": (93, 4), "WdfDpcCreate": (111, 4), "WdfDpcEnqueue": (112, 2), "WdfDpcGetParentObject": (114, 2),
    "WdfDriverCreate": (116, 6), "WdfIoQueueCreate": (152, 5), "WdfIoQueueGetDevice": (157, 2), "WdfMemoryCreate": (192, 7), "WdfMemoryGetBuffer": (194, 3),
    "WdfMemoryCopyToBuffer": (196, 5), "WdfMemoryCopyFromBuffer": (197, 5), "WdfObjectGetTypedContextWorker": (202, 3), "WdfObjectContextGetObject": (204, 2),
    "WdfObjectDelete": (208, 2), "WdfRequestComplete": (263, 3), "WdfRequestCompleteWithInformation": (265, 4), "WdfRequestGetParameters": (266, 3),
    "WdfRequestRetrieveInputMemory": (267, 3), "WdfRequestRetrieveOutputMemory": (268, 3), "WdfRequestRetrieveInputBuffer": (269, 5),
    "WdfRequestRetrieveOutputBuffer": (270, 5), "WdfRequestRetrieveUnsafeUserInputBuffer": (273, 5), "WdfRequestRetrieveUnsafeUserOutputBuffer": (274, 5),
    "WdfRequestSetInformation": (275, 3), "WdfRequestProbeAndLockUserBufferForRead": (278, 5), "WdfRequestProbeAndLockUserBufferForWrite": (279, 5),
    "WdfRequestForwardToIoQueue": (281, 3), "WdfWorkItemCreate": (379, 4), "WdfWorkItemEnqueue": (380, 2), "WdfWorkItemGetParentObject": (381, 2),
}
BY_NUMBER = {number: name for name, (number, _) in ROUTINES.items()}
OFFSETS = {8: dict(minor=0x14, count=0x1c, table=0x20, device_add=8, context=0x30, parent=0x20, size=0x10, unique=0x18, default=0x10, read=0x18, write=0x20, control=0x28),
           4: dict(minor=0xc, count=0x14, table=0x18, device_add=4, context=0x1c, parent=0x14, size=8, unique=0xc, default=0x10, read=0x14, write=0x18, control=0x1c)}
REFUSED, TOO_SMALL = 0xc0000010, 0xc0000023


class Kmdf:
    def __init__(self, kernel):
        self.kernel, self.o, self.objects, self.devices, self.driver, self.later = kernel, OFFSETS[kernel.word], {}, [], 0, []

    def handle(self, **what):
        at = self.kernel.allocate(8)
        self.objects[at] = what
        return at

    def bind(self, info, globals_at):
        k = self.kernel
        count, table = k.number(info + self.o["count"], 4), k.number(info + self.o["table"])
        if k.number(info + self.o["minor"], 4) >= 15:  # the record names a pointer to the table
            slot, table = table, k.allocate(count * k.word)
            k.put(slot, table)
        for number in range(count):
            name = BY_NUMBER.get(number, f"framework routine {number}")
            k.names[k.routine(name)] = name
            k.put(table + k.word * number, k.routine(name))
        k.put(globals_at, k.allocate(0x100))

    def add_devices(self):
        routine = self.objects.get(self.driver, {}).get("device_add", 0)
        if routine:
            self.kernel.run(routine, self.driver, self.handle())

    def attributes(self, handle, at):
        k = self.kernel
        if at:
            self.context(handle, k.number(at + self.o["context"]))
            self.objects[handle]["parent"] = k.number(at + self.o["parent"])

    def context(self, handle, kind):
        if not kind or handle not in self.objects:
            return 0
        kind = self.kernel.number(kind + self.o["unique"]) or kind
        contexts = self.objects[handle].setdefault("contexts", {})
        if kind not in contexts:
            contexts[kind] = self.kernel.allocate(self.kernel.number(kind + self.o["size"]))
        return contexts[kind]

    def buffer(self, request, is_input, unsafe):
        """Address and length of a request's buffer; no length: it has none of that sort."""
        k, o, r = self.kernel, self.kernel.o, self.objects[request]
        if r["major"] in (3, 4):
            return (k.number(r["irp"] + o["system"]) or r["mdl"], r["in"] or r["out"]) if is_input == (r["major"] == 4) else (0, 0)
        if (r["code"] & 3 == 3) != unsafe:
            return 0, 0
        if unsafe:
            return (k.number(r["at"] + o["type3"]), r["in"]) if is_input else (k.number(r["irp"] + o["user"]), r["out"])
        if not is_input and r["code"] & 3:
            return k.number(k.number(r["irp"] + o["mdl"]) + o["mdl_mapped"]), r["out"]
        return k.number(r["irp"] + o["system"]), r["in"] if is_input else r["out"]

    def retrieve(self, name, a):
        at, length = self.buffer(a(1), "Input" in name, "Unsafe" in name)
        memory = name.endswith("Memory")
        if not length:
            return REFUSED
        if not memory and length < a(2):
            return TOO_SMALL
        if memory:
            return self.kernel.put(a(2), self.handle(buffer=at, size=length))
        self.kernel.put(a(3), at)
        return self.kernel.put(a(4), length)

    def call(self, name, a):
        k = self.kernel
        if name.startswith("WdfRequestRetrieve"):
            return self.retrieve(name, a)
        if name == "WdfDriverCreate":
            self.driver = self.handle(device_add=k.number(a(4) + self.o["device_add"]))
            self.attributes(self.driver, a(3))
            k.put(a(0), self.driver)
            return k.put(a(5), self.driver)
        if name == "WdfControlDeviceInitAllocate":
            return self.handle()
        if name == "WdfDeviceInitSetIoInCallerContextCallback":
            self.objects[a(1)]["caller_context"] = a(2)
        elif name == "WdfDeviceInitSetRequestAttributes":
            self.objects[a(1)]["request_context"] = k.number(a(2) + self.o["context"])
        elif name == "WdfDeviceInitSetIoType":
            self.objects[a(1)]["io_type"] = a(2)
        elif name == "WdfDeviceInitSetFileObjectConfig":
            self.objects[a(1)]["create"] = k.number(a(2) + k.word)
        elif name == "WdfDeviceCreate":
            device = self.handle(**self.objects.get(k.number(a(1)), {}))
            self.attributes(device, a(2))
            self.devices.append(device)
            wdm = k.allocate(0x200)
            k.put(wdm + k.o["flags"], 0x10 if self.objects[device].get("io_type") == 3 else 4, 4)
            self.objects[device]["wdm"] = wdm
            k.devices.append(wdm)
            return k.put(a(3), device)
        elif name == "WdfDeviceWdmGetDeviceObject":
            return self.objects[a(1)]["wdm"]
        elif name == "WdfIoQueueCreate":
            queue = self.handle(device=a(1), **{role: k.number(a(2) + self.o[role]) for role in ("default", "read", "write", "control")})
            if k.number(a(2) + 0xd, 1):
                self.objects[a(1)]["queue"] = queue
            self.attributes(queue, a(3))
            return k.put(a(4), queue) if a(4) else 0
        elif name == "WdfIoQueueGetDevice":
            return self.objects[a(1)]["device"]
        elif name == "WdfDeviceConfigureRequestDispatching":
            self.objects[a(1)].setdefault("dispatch", {})[a(3)] = a(2)
        elif name == "WdfObjectGetTypedContextWorker":
            return self.context(a(1), a(2))
        elif name == "WdfObjectContextGetObject":
            return next((h for h, o in self.objects.items() if a(1) in o.get("contexts", {}).values()), 0)
        elif name == "WdfMemoryCreate":
            at = k.allocate(a(4))
            k.put(a(5), self.handle(buffer=at, size=a(4)))
            return k.put(a(6), at)
        elif name == "WdfMemoryGetBuffer":
            k.put(a(2), self.objects[a(1)]["size"])
            return self.objects[a(1)]["buffer"]
        elif name in ("WdfMemoryCopyToBuffer", "WdfMemoryCopyFromBuffer"):
            memory = self.objects[a(1)]
            if a(2) + a(4) > memory["size"]:
                return TOO_SMALL
            inside = memory["buffer"] + a(2)
            source, target = (inside, a(3)) if "To" in name else (a(3), inside)
            k.write(target, k.read(source, a(4)))
        elif name.startswith("WdfRequestProbeAndLock"):
            return k.put(a(4), self.handle(buffer=a(2), size=a(3)))
        elif name == "WdfRequestForwardToIoQueue":
            self.objects[a(1)]["next"] = a(2)
        elif name == "WdfDeviceEnqueueRequest":
            self.objects[a(2)]["next"] = self.queue_of(self.objects[a(2)])
        elif name == "WdfRequestGetParameters":
            request = self.objects[a(1)]
            k.put(a(2) + 4, request["major"], 4)
            fields = (request["out"], request["in"], request["code"], k.number(request["at"] + k.o["type3"])) if request["major"] == 14 else (request["in"] or request["out"],)
            for i, value in enumerate(fields):
                k.put(a(2) + 8 + k.word * i, value)
        elif name in ("WdfWorkItemCreate", "WdfDpcCreate"):
            work = self.handle(routine=k.number(a(1) + k.word))
            self.attributes(work, a(2))
            return k.put(a(3), work)
        elif name in ("WdfWorkItemEnqueue", "WdfDpcEnqueue"):
            self.later.append(a(1))
        elif name in ("WdfWorkItemGetParentObject", "WdfDpcGetParentObject"):
            return self.objects[a(1)].get("parent", 0)
        return 0

    def queue_of(self, request):
        device = self.objects[request["device"]]
        return device.get("dispatch", {}).get(request["major"]) or device.get("queue", 0)

    def serve(self, wdm, major, irp, location):
        """Takes an IRP to the driver's routines, one after the other."""
        k, o = self.kernel, self.kernel.o
        device = next(d for d in self.devices if self.objects[d]["wdm"] == wdm)
        out, size, code = (k.number(location + o[name], 4) for name in ("out_length", "in_length", "code"))
        if major in (3, 4):
            out, size, code = (out, 0, 0) if major == 3 else (0, out, 0)
        mdl = k.number(irp + o["mdl"])
        request = self.handle(device=device, major=major, irp=irp, at=location, out=out, code=code, mdl=k.number(mdl + o["mdl_mapped"]) if mdl else 0, **{"in": size})
        mine = self.objects[request]
        self.context(request, self.objects[device].get("request_context", 0))
        if major == 0:
            routine = self.objects[device].get("create", 0)
            return k.run(routine, device, request, self.handle()) if routine else 0
        if self.objects[device].get("caller_context"):
            k.run(self.objects[device]["caller_context"], device, request)
        else:
            mine["next"] = self.queue_of(mine)
        while queue := mine.pop("next", 0):
            handlers = self.objects[queue]
            if major == 14 and handlers["control"]:
                k.run(handlers["control"], queue, request, out, size, code)
            elif major in (3, 4) and handlers["read" if major == 3 else "write"]:
                k.run(handlers["read" if major == 3 else "write"], queue, request, out or size)
            elif handlers["default"]:
                k.run(handlers["default"], queue, request)
            while self.later:
                work = self.later.pop(0)
                k.run(self.objects[work]["routine"], work)
        return 0
