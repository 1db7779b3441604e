// The freed block stays remembered and is written by a later request. Good: it is forgotten.
#include "scaffold.h"

static ULONG *block;
RF_CONTROL {
    ULONG *p = r->buffer;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        if (block == NULL)
            block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, DRIVER_TAG);
        return block ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    case IOCTL_B:
        if (block == NULL)
            return STATUS_UNSUCCESSFUL;
        ExFreePoolWithTag(block, DRIVER_TAG);
#ifdef RF_GOOD
        block = NULL;
#endif
        return STATUS_SUCCESS;
    case IOCTL_C:
        RF_LENGTHS(4, 0);
        if (block == NULL)
            return STATUS_UNSUCCESSFUL;
        block[3] = p[0];
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
