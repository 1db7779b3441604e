// Both halves of a handler for 32-bit and 64-bit callers have the operation, and only one its check. Good: both.
#include "scaffold.h"

typedef struct { ULONG port; ULONG value; } request32_t;
typedef struct { ULONG64 port; ULONG64 value; } request64_t;
static NTSTATUS write_checked(ULONG64 port, ULONG value) {
    if (port < 0x3f8 || port > 0x3ff)
        return STATUS_ACCESS_DENIED;
    out_byte((USHORT)port, (UCHAR)value);
    return STATUS_SUCCESS;
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    if (IoIs32bitProcess(irp)) {
        request32_t *p = r->buffer;
        RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
        return write_checked(p->port, p->value);
#else
        out_byte((USHORT)p->port, (UCHAR)p->value);
        return STATUS_SUCCESS;
#endif
    }
    request64_t *p = r->buffer;
    RF_LENGTHS(sizeof(*p), 0);
    return write_checked(p->port, (ULONG)p->value);
}
RF_WDM_DRIVER(control)
