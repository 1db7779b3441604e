// The whole input goes into a global array. Good: as much as fits.
#include "scaffold.h"

static UCHAR store[256];
RF_CONTROL {
    ULONG length;
    RF_ONLY(IOCTL_A);
    length = r->in_length;
#ifdef RF_GOOD
    if (length > sizeof(store))
        length = sizeof(store);
#endif
    memcpy(store, r->buffer, length);
    DbgPrint("%p\n", store); // somebody looks at it
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
