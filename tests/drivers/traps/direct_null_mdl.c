// A METHOD_OUT_DIRECT request of length zero has no MDL. Good: that is tested.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p;
    RF_ONLY(IOCTL_OUT_DIRECT);
#ifdef RF_GOOD
    if (irp->MdlAddress == NULL || MmGetMdlByteCount(irp->MdlAddress) < 4)
        return STATUS_INVALID_PARAMETER;
#endif
    p = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (p == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *p = 7;
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
