// A debug build: everything goes through the stack. Good: the register is fixed.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    ULONG index, low, high;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
    index = p[0];
#ifdef RF_GOOD
    index = 0x3a;
#endif
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    p[0] = low;
    p[1] = high;
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
