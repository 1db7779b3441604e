// The sink stands between KeSetSystemAffinityThread and its undoing. Good: an index of three registers is looked up in a table.
#include "scaffold.h"

static const ULONG registers[3] = {0x10, 0xe7, 0xe8};
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
#ifdef RF_GOOD
    if (p[1] >= 3)
        return STATUS_INVALID_PARAMETER;
    p[1] = registers[p[1]];
#else
    if (p[1] == registers[0])
        p[0] = 1;
#endif
    KeSetSystemAffinityThread((KAFFINITY)1 << (p[0] & 31));
    *(ULONG64 *)p = read_msr(p[1]);
    KeRevertToUserAffinityThread();
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
