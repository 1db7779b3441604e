// An exchange through the caller's pointer writes and reads. Good: through a global.
#include "scaffold.h"

static volatile LONG word;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    LONG value, *target;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 4);
    value = (LONG)p[1];
#ifdef RF_GOOD
    target = (LONG *)&word;
#else
    target = (LONG *)(ULONG_PTR)p[0];
#endif
    __asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*target));
    *(LONG *)p = value;
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
