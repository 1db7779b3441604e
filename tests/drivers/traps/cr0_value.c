// CR0 takes the caller's value. Good: write protection is lifted and restored around a constant store, nothing of it is the caller's.
#include "scaffold.h"

static volatile ULONG word;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    ULONG_PTR old;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    old = read_cr0();
#ifdef RF_GOOD
    write_cr0(old & ~(ULONG_PTR)0x40000000);
    word = 1;
    write_cr0(old);
#else
    write_cr0((ULONG_PTR)p[0] | (old & 1));
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
