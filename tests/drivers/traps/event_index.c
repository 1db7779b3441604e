// The caller's number chooses one of the driver's events, which a routine of the kernel writes. Good: there are eight.
#include "scaffold.h"

typedef struct { KEVENT events[8]; } table_t;
static table_t *table;
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if (p[0] >= 8)
        return STATUS_INVALID_PARAMETER;
#endif
    if (table == NULL)
        return STATUS_UNSUCCESSFUL;
    KeSetEvent(&table->events[p[0]], 0, FALSE);
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) (table = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(table_t), DRIVER_TAG))
RF_WDM_DRIVER(control)
