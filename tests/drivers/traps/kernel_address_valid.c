// MmIsAddressValid says that memory is there, not whose it is. Good: the address must lie in the driver's image.
#include "scaffold.h"

static PVOID image_start;
static ULONG image_size;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    ULONG_PTR address;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
    address = (ULONG_PTR)p[0];
#ifdef RF_GOOD
    if (address < (ULONG_PTR)image_start || address - (ULONG_PTR)image_start > image_size - 8)
        return STATUS_ACCESS_DENIED;
#else
    if (!MmIsAddressValid((PVOID)address) || image_start == NULL || image_size == 0)
        return STATUS_ACCESS_DENIED;
#endif
    p[0] = *(volatile ULONG64 *)address;
    RF_ANSWER(8);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) (image_start = (driver)->DriverStart, image_size = (driver)->DriverSize)
RF_WDM_DRIVER(control)
