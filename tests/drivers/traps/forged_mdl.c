// The caller's number is freed as a list of pages. Good: only the one that the driver remembers.
#include "scaffold.h"

static PMDL remembered;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if ((PMDL)(ULONG_PTR)p[0] != remembered || remembered == NULL)
        return STATUS_INVALID_PARAMETER;
    IoFreeMdl(remembered);
    remembered = NULL;
#else
    IoFreeMdl((PMDL)(ULONG_PTR)p[0]);
#endif
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) (remembered = IoAllocateMdl(device, sizeof(*device), FALSE, FALSE, NULL))
RF_WDM_DRIVER(control)
