// One request leaves a routine's address, the cleanup of the handle calls it. Good: it is the driver's.
#include "miniwdk.h"
static NTSTATUS NTAPI on_cleanup(struct _DEVICE_OBJECT *, struct _IRP *);
#define RF_BOOT(driver, device) ((driver)->MajorFunction[IRP_MJ_CLEANUP] = on_cleanup)
#include "scaffold.h"
static VOID(NTAPI *volatile at_end)(ULONG);
static VOID NTAPI own_end(ULONG x) { DbgPrint("%u\n", x); }
static NTSTATUS NTAPI on_cleanup(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    if (at_end != NULL)
        at_end(1);
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    at_end = p[0] ? own_end : NULL;
#else
    at_end = p[0] == 1 ? own_end : (VOID(NTAPI *)(ULONG))(ULONG_PTR)p[0];
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
