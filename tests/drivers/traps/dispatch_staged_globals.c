// Arguments are staged in globals for a stub that loads them.
#include "scaffold.h"

static volatile ULONG staged_index, staged_low, staged_high;
DECLSPEC_NOINLINE static VOID run_staged(VOID) {
    __asm__ volatile("wrmsr" : : "c"(staged_index), "a"(staged_low), "d"(staged_high));
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(12, 0);
#ifdef RF_GOOD
    staged_index = 0x1d9;
#else
    staged_index = p[0];
#endif
    staged_low = p[1];
    staged_high = p[2];
    run_staged();
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
