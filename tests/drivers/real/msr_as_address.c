// What rdmsr returns takes the place of the caller's number in the same register: the address is the processor's. Bad: the caller's address
// is read beside it.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    ULONG_PTR entry;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 16);
    entry = (ULONG_PTR)read_msr(RF_SELECT(0xc0000082, 0x176));
#ifdef RF_GOOD
    p[1] = *(volatile ULONG *)entry;
#else
    p[1] = *(volatile ULONG *)(ULONG_PTR)p[0] ^ (ULONG)entry;
#endif
    p[0] = 0;
    RF_ANSWER(16);
}
RF_WDM_DRIVER(control)
