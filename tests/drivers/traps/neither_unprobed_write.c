// The output pointer of METHOD_NEITHER is written as it comes: any address. Good: probed for writing inside a handler.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = irp->UserBuffer;
    RF_ONLY(IOCTL_NEITHER);
    if (r->out_length < 4)
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    __try {
        ProbeForWrite(p, 4, 4);
        *(volatile ULONG *)p = 0x10002;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
#else
    *(volatile ULONG *)p = 0x10002;
#endif
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
