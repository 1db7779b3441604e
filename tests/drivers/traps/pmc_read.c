// A performance counter of the caller's choice is no model-specific register; the bad one reads the register of that number.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
#ifdef RF_GOOD
    *(ULONG64 *)p = read_pmc(p[0] & 3);
#else
    *(ULONG64 *)p = read_msr(p[0] + 0xc1);
#endif
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
