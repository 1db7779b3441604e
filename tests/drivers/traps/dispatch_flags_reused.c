// The flags of one compare serve two branches with moves between them.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    ULONG code = RF_CONTROL_CODE(r), which;
    RF_LENGTHS(8, 0);
    __asm__ volatile("cmpl %2, %1\n\tmovl $1, %0\n\tja 1f\n\tmovl $2, %0\n\tje 1f\n\tmovl $3, %0\n1:" : "=&r"(which) : "r"(code), "i"(IOCTL_B) : "cc");
    if (which != 2)
        return STATUS_INVALID_DEVICE_REQUEST;
#ifdef RF_GOOD
    out_dword(0xcd6, p[1]);
#else
    out_dword((USHORT)p[0], p[1]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
