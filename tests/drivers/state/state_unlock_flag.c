// A magic value in one request unlocks the register write of another. Good: no value unlocks it, the register is fixed.
#include "scaffold.h"

static volatile BOOLEAN unlocked;
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_LENGTHS(16, 0);
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        unlocked = p[0] == 0x52464b59 && p[1] == ~p[0];
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    if (!unlocked)
        return STATUS_ACCESS_DENIED;
#ifdef RF_GOOD
    write_msr(0x1b0, p[2] & 15);
#else
    write_msr(p[0], p[2]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
