// 64 KB go into an MDL of any size. Good: its byte count decides.
#include "scaffold.h"

static UCHAR store[65536];
RF_CONTROL {
    PVOID p;
    ULONG length = sizeof(store);
    RF_ONLY(IOCTL_OUT_DIRECT);
    if (irp->MdlAddress == NULL)
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    if (length > MmGetMdlByteCount(irp->MdlAddress))
        length = MmGetMdlByteCount(irp->MdlAddress);
#endif
    p = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (p == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(p, store, length);
    RF_ANSWER(length);
}
RF_WDM_DRIVER(control)
