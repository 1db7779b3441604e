// The remembered allocation is freed and stays remembered. Good: it is forgotten.
#include "scaffold.h"

static PVOID remembered;
RF_CONTROL {
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        if (remembered == NULL)
            remembered = ExAllocatePoolWithTag(NonPagedPoolNx, 256, DRIVER_TAG);
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    if (remembered == NULL)
        return STATUS_UNSUCCESSFUL;
    ExFreePoolWithTag(remembered, DRIVER_TAG);
#ifdef RF_GOOD
    remembered = NULL;
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
