// start + length is computed in 32 bits: it wraps and passes. Good: the difference is compared.
#include "scaffold.h"

typedef struct { ULONG start, length; UCHAR data[8]; } window_t;
RF_CONTROL {
    window_t *p = r->buffer;
    PHYSICAL_ADDRESS address;
    volatile UCHAR *mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if (p->start < 0xe0000 || p->start >= 0x100000 || p->length > 0x100000 - p->start)
        return STATUS_ACCESS_DENIED;
#else
    if (p->start + p->length > 0x100000)
        return STATUS_ACCESS_DENIED;
#endif
    address.QuadPart = p->start;
    mapped = MmMapIoSpace(address, p->length, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < p->length && i < 8; i++)
        mapped[i] = p->data[i];
    MmUnmapIoSpace((PVOID)mapped, p->length);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
