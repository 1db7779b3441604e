// IRP_MJ_CREATE sets a flag without which every code is refused. Good: the address is the driver's.
#include "miniwdk.h"
DRIVER_DISPATCH open_device;
#define RF_CREATE open_device
#include "scaffold.h"
static volatile LONG opened;
static volatile ULONG own;
NTSTATUS NTAPI open_device(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    opened = 1;
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_CONTROL {
    ULONG64 *p = r->buffer;
    if (!opened)
        return STATUS_INVALID_DEVICE_REQUEST;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
#ifdef RF_GOOD
    own = (ULONG)p[1];
#else
    *(volatile ULONG64 *)(ULONG_PTR)p[0] = p[1];
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
