// The low half of a 64-bit address is compared, its high half is the caller's. Good: the whole is, on x86 half by half.
#include "scaffold.h"

typedef struct { ULONGLONG address; ULONG length; UCHAR data[8]; } window_t;
#define WINDOW_BEGIN 0x1fed00000ULL
#define WINDOW_END   0x1fed10000ULL
RF_CONTROL {
    window_t *p = r->buffer;
    PHYSICAL_ADDRESS address;
    volatile UCHAR *mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if (p->address < WINDOW_BEGIN || p->address >= WINDOW_END || p->length > WINDOW_END - p->address)
        return STATUS_ACCESS_DENIED;
#else
    if ((ULONG)p->address < (ULONG)WINDOW_BEGIN || (ULONG)p->address >= (ULONG)WINDOW_END ||
        p->length > (ULONG)WINDOW_END - (ULONG)p->address)
        return STATUS_ACCESS_DENIED;
#endif
    address.QuadPart = (LONGLONG)p->address;
    mapped = MmMapIoSpace(address, p->length, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < p->length && i < 8; i++)
        mapped[i] = p->data[i];
    MmUnmapIoSpace((PVOID)mapped, p->length);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
