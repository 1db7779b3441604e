// The failed check sets a status and goes on. Good: it returns.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    NTSTATUS status = STATUS_SUCCESS;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
    if (p[0] != 0x10) {
        status = STATUS_ACCESS_DENIED;
#ifdef RF_GOOD
        return status;
#endif
    }
    DbgPrint("status %x\n", status);
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
