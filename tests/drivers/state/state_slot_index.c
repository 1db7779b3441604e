// Mappings live in slots; the slot's number is checked, the offset into the mapping is not. Good: both are.
#include "scaffold.h"

static struct { volatile UCHAR *base; ULONG size; } slots[4];
RF_CONTROL {
    ULONG *p = r->buffer;
    PHYSICAL_ADDRESS address = {.QuadPart = 0xfed10000};
    RF_LENGTHS(12, 4);
    if (p[0] >= 4)
        return STATUS_INVALID_PARAMETER;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        slots[p[0]].base = MmMapIoSpace(address, 256, MmNonCached);
        slots[p[0]].size = 256;
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    if (slots[p[0]].base == NULL)
        return STATUS_UNSUCCESSFUL;
#ifdef RF_GOOD
    if (p[1] >= slots[p[0]].size)
        return STATUS_INVALID_PARAMETER;
#endif
    slots[p[0]].base[p[1]] = (UCHAR)p[2];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
