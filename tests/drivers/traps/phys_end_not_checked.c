// The start is inside the window, the length is anything. Good: both, without wrapping.
#include "scaffold.h"

typedef struct { ULONG offset, length; UCHAR data[8]; } window_t;
RF_CONTROL {
    window_t *p = r->buffer;
    PHYSICAL_ADDRESS address;
    PVOID mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 8);
    if (p->offset >= 0x1000)
        return STATUS_ACCESS_DENIED;
#ifdef RF_GOOD
    if (p->length > 0x1000 - p->offset)
        return STATUS_ACCESS_DENIED;
#endif
    if (p->length > r->out_length)
        return STATUS_BUFFER_TOO_SMALL;
    address.QuadPart = 0xfed40000ll + p->offset;
    mapped = MmMapIoSpace(address, p->length, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    r->information = p->length;
    copy_bytes(p, mapped, r->information);
    MmUnmapIoSpace(mapped, r->information);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
