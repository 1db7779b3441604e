// One request maps the caller's physical address and keeps the pointer in a global, another writes through it. Good: a fixed address.
#include "scaffold.h"

static volatile ULONG *mapped;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    PHYSICAL_ADDRESS address;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        RF_LENGTHS(8, 0);
#ifdef RF_GOOD
        address.QuadPart = 0xfed00000;
#else
        address.QuadPart = (LONGLONG)p[0];
#endif
        mapped = MmMapIoSpace(address, PAGE_SIZE, MmNonCached);
        return mapped ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    case IOCTL_B:
        RF_LENGTHS(16, 0);
        if (mapped == NULL || p[0] >= PAGE_SIZE / 4)
            return STATUS_INVALID_PARAMETER;
        mapped[p[0]] = (ULONG)p[1];
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
