// Good: the code is recognised, but a constant flag sends it to failure before the sink. Bad: the flag is the caller's.
#include "scaffold.h"

static volatile ULONG enabled;
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
#ifdef RF_GOOD
    return STATUS_NOT_SUPPORTED;
#else
    if (p[1] == 0)
        return STATUS_NOT_SUPPORTED;
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
#endif
}
RF_WDM_DRIVER(control)
