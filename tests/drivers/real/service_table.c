// A monitoring driver as vendors write it: one code, a header with a signature and a function number, a table of handlers, another
// layout for 32-bit callers. Good: the handlers compare what they are given with what the product needs.
#include "scaffold.h"

#define SIGNATURE 0x53564d4d
typedef struct { ULONG signature, function, length, status; } header_t;
typedef struct { header_t header; ULONG64 address; ULONG size, reserved; UCHAR data[64]; } memory_t;
typedef struct { header_t header; ULONG address, size; UCHAR data[64]; } memory32_t;
typedef struct { header_t header; USHORT port; USHORT width; ULONG value; } port_t;
typedef NTSTATUS (*handler_t)(header_t *header, BOOLEAN narrow);

static NTSTATUS get_version(header_t *header, BOOLEAN narrow) {
    header->status = narrow ? 0x10003 : 0x20003;
    return STATUS_SUCCESS;
}
static NTSTATUS copy_physical(ULONG64 address, ULONG size, UCHAR *target) {
    PHYSICAL_ADDRESS physical;
    PVOID mapped;
#ifdef RF_GOOD
    if (address < 0xf0000 || size > 64 || address > 0x100000 - size)
        return STATUS_ACCESS_DENIED;
#else
    if (size == 0 || size > 64)
        return STATUS_INVALID_PARAMETER;
#endif
    physical.QuadPart = (LONGLONG)address;
    mapped = MmMapIoSpace(physical, size, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(target, mapped, size);
    MmUnmapIoSpace(mapped, size);
    return STATUS_SUCCESS;
}
static NTSTATUS read_memory(header_t *header, BOOLEAN narrow) {
    if (narrow) {
        memory32_t *request = (memory32_t *)header;
        if (header->length < sizeof(*request))
            return STATUS_BUFFER_TOO_SMALL;
        return copy_physical(request->address, request->size, request->data);
    }
    memory_t *request = (memory_t *)header;
    if (header->length < sizeof(*request))
        return STATUS_BUFFER_TOO_SMALL;
    return copy_physical(request->address, request->size, request->data);
}
static NTSTATUS write_port(header_t *header, BOOLEAN narrow) {
    port_t *request = (port_t *)header;
    UNREFERENCED_PARAMETER(narrow);
    if (header->length < sizeof(*request))
        return STATUS_BUFFER_TOO_SMALL;
#ifdef RF_GOOD
    if (request->port != 0x295 && request->port != 0x296)
        return STATUS_ACCESS_DENIED;
#endif
    switch (request->width) {
    case 1: out_byte(request->port, (UCHAR)request->value); return STATUS_SUCCESS;
    case 2: out_word(request->port, (USHORT)request->value); return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}
static const handler_t handlers[] = {get_version, read_memory, write_port};

static NTSTATUS NTAPI on_control(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength, out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    header_t *header = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    BOOLEAN narrow = FALSE;
    UNREFERENCED_PARAMETER(device);
#ifndef RF_X86
    narrow = IoIs32bitProcess(irp);
#endif
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_A) {
        status = STATUS_INVALID_PARAMETER;
        if (in >= sizeof(*header) && in == out && header->signature == SIGNATURE && header->length == in &&
            header->function < sizeof(handlers) / sizeof(handlers[0]))
            status = handlers[header->function](header, narrow);
    }
    return complete(irp, status, NT_SUCCESS(status) ? out : 0);
}
RF_WDM_ENTRY(on_control)
