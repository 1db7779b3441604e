// Good: the handler itself asks for a privilege before the sink.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    LUID privilege = {SE_DEBUG_PRIVILEGE, 0};
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
#ifdef RF_GOOD
    if (!SeSinglePrivilegeCheck(privilege, UserMode))
        return STATUS_PRIVILEGE_NOT_HELD;
#endif
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
