// An exclusive device is taken for a protected one. Good: it has a descriptor.
#define RF_EXCLUSIVE
#ifdef RF_GOOD
#define RF_SDDL SDDL_ADMIN
#endif
#include "scaffold.h"
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
