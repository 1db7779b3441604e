// The chain of codes is walked twice: first for the lengths, then for the work.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    ULONG code = RF_CONTROL_CODE(r), need;
    if (code == IOCTL_A)
        need = 4;
    else if (code == IOCTL_B)
        need = 16;
    else if (code == IOCTL_C)
        need = 0;
    else
        return STATUS_INVALID_DEVICE_REQUEST;
    if (r->in_length < need)
        return STATUS_INVALID_PARAMETER;
    __asm__ volatile("" : "+r"(code));
    if (code == IOCTL_A)
        DbgPrint("%u\n", p[0]);
    else if (code == IOCTL_B)
#ifdef RF_GOOD
        write_msr(0x2ff, p[2]);
#else
        write_msr(p[0], p[2]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
