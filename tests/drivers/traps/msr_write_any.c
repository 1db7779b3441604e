// The caller chooses register and value. Good: the register is fixed, the value is the caller's.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
#ifdef RF_GOOD
    write_msr(0x199, p[2] & 0xffff);
#else
    write_msr(p[0], *(ULONG64 *)&p[2]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
