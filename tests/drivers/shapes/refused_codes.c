// Codes that fail on every path that is followed to its end, with the status of unknown ones: for a device that is absent, and after
// polling the hardware until fuel runs out. They are codes all the same. Bad: the one that works reads any register.
#include "scaffold.h"

static volatile ULONG devices_found;

static NTSTATUS __attribute__((noinline)) find_device(ULONG *p) {
    for (ULONG i = 0; i < devices_found; i++)
        if (p[0] == i)
            return STATUS_SUCCESS;
    return STATUS_UNSUCCESSFUL;
}
static NTSTATUS __attribute__((noinline)) send_byte(UCHAR value) {
    for (ULONG bit = 0; bit < 8; bit++) {
        out_byte(0x378, (value >> bit) & 1);
        for (ULONG wait = 0; (in_byte(0x379) & 0x80) == 0; wait++)
            if (wait == 64)
                return STATUS_UNSUCCESSFUL;
        for (ULONG wait = 0; in_byte(0x379) & 0x40; wait++)
            if (wait == 64)
                return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}
static NTSTATUS __attribute__((noinline)) send(const UCHAR *p, ULONG length) {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    for (ULONG i = 0; i < length; i++)
        if (!NT_SUCCESS(status = send_byte(p[i])))
            return status;
    return status;
}
RF_CONTROL {
    ULONG *p = r->buffer;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        RF_LENGTHS(4, 8);
#ifdef RF_GOOD
        *(ULONG64 *)p = read_msr(0x10);
#else
        *(ULONG64 *)p = read_msr(p[0]);
#endif
        RF_ANSWER(8);
    case IOCTL_B:
        if (r->in_length < 4)
            return STATUS_UNSUCCESSFUL;
        return find_device(p);
    case IOCTL_C:
        if (r->in_length < 4)
            return STATUS_UNSUCCESSFUL;
        return send(r->buffer, 4);
    default:
        return STATUS_UNSUCCESSFUL;
    }
}
RF_WDM_DRIVER(control)
