// `min <= x <= max` compares a truth value with max: it is always true. Good: both sides are compared.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
#ifdef RF_GOOD
    if (0x606 <= p[0] && p[0] <= 0x641)
#else
    if (0x606 <= p[0] <= 0x641)
#endif
    {
        *(ULONG64 *)p = read_msr(p[0]);
        RF_ANSWER(8);
    }
    return STATUS_ACCESS_DENIED;
}
RF_WDM_DRIVER(control)
