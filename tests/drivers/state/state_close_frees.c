// The close frees the block that a request made, and leaves the pointer: a later open writes into it. Good: the close forgets it.
#include "miniwdk.h"
static NTSTATUS NTAPI on_close(struct _DEVICE_OBJECT *, struct _IRP *);
#define RF_BOOT(driver, device) ((driver)->MajorFunction[IRP_MJ_CLOSE] = on_close)
#include "scaffold.h"
static ULONG *volatile shared;
static NTSTATUS NTAPI on_close(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    if (shared != NULL)
        ExFreePoolWithTag(shared, 'erhS');
#ifdef RF_GOOD
    shared = NULL;
#endif
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_CONTROL {
    ULONG *p = r->buffer;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        if (shared == NULL)
            shared = ExAllocatePoolWithTag(NonPagedPool, 64, 'erhS');
        return shared ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    RF_ONLY(IOCTL_B);
    RF_LENGTHS(4, 0);
    if (shared == NULL)
        return STATUS_UNSUCCESSFUL;
    shared[3] = p[0];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
