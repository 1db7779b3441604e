// Requests of the server service arrive as KernelMode: the requestor's mode is no access check. Good: no such code.
#include "scaffold.h"

static volatile ULONG count;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
    if (irp->RequestorMode != KernelMode)
        return STATUS_ACCESS_DENIED;
#ifdef RF_GOOD
    count = (ULONG)p[1];
#else
    *(volatile ULONG64 *)(ULONG_PTR)p[0] = p[1] + count;
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
